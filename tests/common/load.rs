//! Sessions that are made, looked up and ended while something breaks, and what was acknowledged.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use phoenix_token::store::{Backend, NewSession, SessionToken, Settings, Store, StoreError};
use sqlx::Pool;

/// What the pools of these tests wait for a connection.
pub const WAIT: Duration = Duration::from_secs(2);
/// What an operation may take beyond that. The store's own limit is half of it: the other half is
/// for a machine that is busy.
const GRACE: Duration = Duration::from_secs(1);

/// What is known of each token.
#[derive(Default)]
pub struct Book(HashMap<[u8; 32], Known>);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    Live,
    /// The log-out was asked for and not acknowledged.
    Unknown,
    Ended,
}

impl Book {
    pub fn note(&mut self, token: &SessionToken, known: Known) {
        self.0.insert(*token.secret_bytes(), known);
    }

    fn count(&self, known: Known) -> usize {
        self.0.values().filter(|it| **it == known).count()
    }

    /// What was acknowledged is so.
    pub async fn check<DB: Backend>(&self, store: &Store<DB>, pool: &Pool<DB>, name: &str) {
        let mut counts = [0; 3];
        for (token, known) in &self.0 {
            let found = store.lookup(pool, token).await.unwrap().is_some();
            match known {
                Known::Live => assert!(found, "an acknowledged session is lost"),
                Known::Ended => assert!(!found, "an ended session came back"),
                Known::Unknown => {}
            }
            counts[*known as usize] += 1;
        }
        let [live, unknown, ended] = counts;
        println!("{name}: {live} live, {unknown} unknown, {ended} ended");
        assert!(live > 0 && ended > 0, "there was no load");
    }
}

/// A load of twelve users on one store.
pub struct Load<DB: Backend> {
    pool: Pool<DB>,
    store: Store<DB>,
    book: Mutex<Book>,
    longest: Mutex<Duration>,
    /// How often each error came.
    errors: Mutex<BTreeMap<String, u32>>,
    stopped: AtomicBool,
}

impl<DB: Backend> Load<DB> {
    pub async fn on(pool: Pool<DB>) -> Arc<Self> {
        Store::create_table(&pool, &Settings::new()).await.unwrap();
        let settings = Settings::new().timeout(GRACE / 2);
        let store = Store::open(&pool, settings).await.unwrap();
        Arc::new(Self {
            pool,
            store,
            book: Mutex::default(),
            longest: Mutex::default(),
            errors: Mutex::default(),
            stopped: AtomicBool::new(false),
        })
    }

    /// The load goes on while `breaking` does.
    pub async fn during(self: &Arc<Self>, breaking: impl Future<Output = ()>) {
        self.stopped.store(false, Ordering::SeqCst);
        let tasks: Vec<_> = (0..12).map(|user| tokio::spawn(self.clone().work(user))).collect();
        breaking.await;
        self.stopped.store(true, Ordering::SeqCst);
        for task in tasks {
            task.await.unwrap();
        }
    }

    /// Until more sessions live and more have ended than by now, all of them acknowledged: however
    /// long a server takes to come up, a load was there then.
    pub async fn acknowledged(&self) {
        let counts = || {
            let book = self.book.lock().unwrap();
            [Known::Live, Known::Ended].map(|known| book.count(known))
        };
        let before = counts();
        let grown = async {
            while counts().into_iter().zip(before).any(|(now, before)| now <= before) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let limit = tokio::time::timeout(Duration::from_secs(60), grown);
        limit.await.expect("nothing is acknowledged any more");
    }

    async fn work(self: Arc<Self>, user: i64) {
        while !self.stopped.load(Ordering::SeqCst) {
            let made = self.timed(self.store.create(&self.pool, user, &NewSession::new())).await;
            let Some(token) = made.map(|it| it.token) else { continue };
            let bytes = *token.secret_bytes();
            self.note(&token, Known::Live);
            if bytes[0] % 2 == 0 {
                self.note(&token, Known::Unknown);
                if let Some(ended) = self.timed(self.store.end(&self.pool, &bytes)).await {
                    self.note(&token, Known::Ended);
                    let found = self.timed(self.store.lookup(&self.pool, &bytes)).await;
                    assert_eq!(found.flatten(), None, "it came back; its log-out found {ended:?}");
                }
            }
        }
    }

    fn note(&self, token: &SessionToken, known: Known) {
        self.book.lock().unwrap().note(token, known);
    }

    /// The result, if the operation succeeded.
    async fn timed<T>(&self, operation: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        let started = Instant::now();
        let result = operation.await;
        let elapsed = started.elapsed();
        let mut longest = self.longest.lock().unwrap();
        *longest = elapsed.max(*longest);
        result.map_err(|error| self.count(&error)).ok()
    }

    fn count(&self, error: &StoreError) {
        let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
        let text = format!("{error}{}", cause.unwrap_or_default());
        *self.errors.lock().unwrap().entry(text).or_default() += 1;
    }

    /// Whether an operation failed with these words.
    pub fn has_failed_with(&self, words: &str) -> bool {
        self.errors.lock().unwrap().keys().any(|text| text.contains(words))
    }

    /// Everything acknowledged is so, and every operation ended in time.
    pub async fn check(&self, name: &str) {
        let started = Instant::now();
        while self.store.count(&self.pool, 0).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "it does not recover");
        }
        let book = std::mem::take(&mut *self.book.lock().unwrap());
        book.check(&self.store, &self.pool, name).await;
        let longest = *self.longest.lock().unwrap();
        println!("{name}: the longest took {longest:?}; {:#?}", self.errors.lock().unwrap());
        assert!(longest < WAIT + GRACE, "{longest:?}");
    }
}
