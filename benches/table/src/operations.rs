//! The rows of the table: each operation with all its implementations.

use std::collections::BTreeMap;

use phoenix_token::{
    Keyring, SecretKeyBase, Sign, TokenKey, Verify,
    cookie::{Session, SessionCookie},
    serde::{from_slice, to_vec},
    term::Term,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    data::{self, Given, ID, NOW, SALT, SECRET, User},
    floors,
    measure::{
        Case,
        Kind::{Floor, Ours, Peer},
    },
    otp::Otp,
    peers,
};

pub struct Operation {
    pub name: &'static str,
    pub uses_cipher: bool,
    pub cases: Box<dyn FnOnce() -> Vec<Case<'static>>>,
}

pub fn all(otp: &Otp) -> Vec<Operation> {
    let mut all = Vec::new();
    let mut add = |name, cases: Box<dyn FnOnce() -> Vec<Case<'static>>>| {
        let uses_cipher = str::starts_with(name, "encrypt ") || str::starts_with(name, "decrypt ");
        all.push(Operation { name, uses_cipher, cases });
    };
    let (id, user, text) = (&*leak(ID), &*leak(data::user(ID)), &*leak(data::text()));

    let mac = otp.clone();
    add("sign an id", Box::new(move || sign(id, &mac)));
    let mac = otp.clone();
    add("sign a struct of six fields", Box::new(move || sign(user, &mac)));
    let mac = otp.clone();
    add("sign 1 KiB", Box::new(move || sign(text, &mac)));
    let mac = otp.clone();
    add("verify an id", Box::new(move || verify(id, &mac)));
    let mac = otp.clone();
    add("verify a struct of six fields", Box::new(move || verify(user, &mac)));
    let mac = otp.clone();
    add("verify 1 KiB", Box::new(move || verify(text, &mac)));
    add("encrypt an id", Box::new(move || encrypt(id)));
    add("encrypt a struct of six fields", Box::new(move || encrypt(user)));
    add("encrypt 1 KiB", Box::new(move || encrypt(text)));
    add("decrypt an id", Box::new(move || decrypt(id)));
    add("decrypt a struct of six fields", Box::new(move || decrypt(user)));
    add("decrypt 1 KiB", Box::new(move || decrypt(text)));
    add("derive a key", Box::new(derive));
    let terms = otp.clone();
    add("decode the term of a token", Box::new(move || decode_term(token_term(), &terms)));
    let terms = otp.clone();
    add("encode the term of a token", Box::new(move || encode_term(token_term(), &terms)));
    let terms = otp.clone();
    add("decode the term of 1 000 users", Box::new(move || decode_users(&terms)));
    let terms = otp.clone();
    add("encode the term of 1 000 users", Box::new(move || encode_users(&terms)));
    let mac = otp.clone();
    add("write a signed session cookie", Box::new(move || write_session(false, &mac)));
    let mac = otp.clone();
    add("read a signed session cookie", Box::new(move || read_session(false, &mac)));
    let mac = otp.clone();
    add("encrypt a session cookie", Box::new(move || write_session(true, &mac)));
    let mac = otp.clone();
    add("decrypt a session cookie", Box::new(move || read_session(true, &mac)));
    add("verify a batch of 64 ids", Box::new(batch));
    add("verify 10 000 ids on each of 2 threads", Box::new(threads));
    add("verify by a ring of 1 key", Box::new(|| keyring(1)));
    add("verify by a ring of 3 keys", Box::new(|| keyring(3)));
    add("verify by a ring of 8 keys", Box::new(|| keyring(8)));
    add("verify a hostile payload of 1 MB", Box::new(hostile));
    all
}

fn sign<T: Serialize>(data: &'static T, otp: &Otp) -> Vec<Case<'static>> {
    let key = data::key();
    let token = key.sign_at(data, NOW).unwrap();
    let mut cases = vec![floors::hmac(&token)];
    let given = key.clone();
    cases.push(Case::new(Ours, "phoenix-token, time given", move || given.sign_at(data, NOW)));
    let clocked = key.clone();
    cases.push(Case::new(Ours, "phoenix-token, by the clock", move || clocked.sign(data)));
    let mut buffer = String::with_capacity(4096);
    cases.push(Case::new(Ours, "phoenix-token, into a buffer", move || {
        buffer.clear();
        key.sign_into(data, &Sign::at(NOW), &mut buffer)
    }));
    cases.extend(peers::sign(data));
    cases.extend(otp.mac(&token));
    cases
}

fn verify<T: Serialize + DeserializeOwned>(data: &'static T, otp: &Otp) -> Vec<Case<'static>> {
    let key = data::key();
    let token = key.sign_at(data, NOW).unwrap();
    let mut cases = vec![floors::hmac(&token)];
    cases.extend(otp.mac(&token));
    let given = key.clone();
    cases.push(Case::new(Ours, "phoenix-token, time given", move || {
        given.verify_at::<T>(&token, NOW).unwrap().data
    }));
    let token = key.sign(data).unwrap();
    cases.push(Case::new(Ours, "phoenix-token, by the clock", move || {
        key.verify::<T>(&token).unwrap().data
    }));
    cases.extend(peers::verify(data));
    cases
}

fn encrypt<T: Serialize>(data: &'static T) -> Vec<Case<'static>> {
    let key = data::key();
    let token = key.encrypt_at(data, NOW).unwrap();
    let mut cases = floors::seal(&token);
    let given = key.clone();
    cases.push(Case::new(Ours, "phoenix-token, time and nonce given", move || {
        given.encrypt_with_rng(data, &Sign::at(NOW), &mut Given).unwrap()
    }));
    cases.push(Case::new(
        Ours,
        "phoenix-token, by the clock and the system's randomness",
        move || key.encrypt(data).unwrap(),
    ));
    cases.extend(peers::encrypt(data));
    cases
}

fn decrypt<T: Serialize + DeserializeOwned>(data: &'static T) -> Vec<Case<'static>> {
    let key = data::key();
    let token = key.encrypt_at(data, NOW).unwrap();
    let mut cases = floors::open(&token);
    let given = key.clone();
    cases.push(Case::new(Ours, "phoenix-token, time given", move || {
        given.decrypt_at::<T>(&token, NOW).unwrap().data
    }));
    let token = key.encrypt(data).unwrap();
    cases.push(Case::new(Ours, "phoenix-token, by the clock", move || {
        key.decrypt::<T>(&token).unwrap().data
    }));
    cases.extend(peers::decrypt(data));
    cases
}

fn derive() -> Vec<Case<'static>> {
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let ours = Case::new(Ours, "phoenix-token", move || TokenKey::derive(&secret, SALT));
    vec![floors::pbkdf2(SECRET, SALT), ours]
}

fn token_term() -> Vec<u8> {
    to_vec(&(ID, NOW.as_millis(), 86_400)).unwrap()
}

fn decode_term(bytes: Vec<u8>, otp: &Otp) -> Vec<Case<'static>> {
    let mut cases = vec![floors::walk(&bytes)];
    cases.extend(otp.binary_to_term(&bytes));
    let bytes = &*bytes.leak();
    cases.push(Case::new(Ours, "phoenix-token, Term", move || Term::decode(bytes).unwrap()));
    cases.push(Case::new(Peer, "eetf", move || eetf::Term::decode(bytes).unwrap()));
    cases.push(Case::new(Peer, "erltf", move || erltf::decode(bytes).unwrap()));
    cases
}

fn encode_term(bytes: Vec<u8>, otp: &Otp) -> Vec<Case<'static>> {
    let mut cases = vec![floors::walk(&bytes)];
    cases.extend(otp.term_to_binary(&bytes));
    let ours = Term::decode(&bytes).unwrap();
    let eetf = eetf::Term::decode(&bytes[..]).unwrap();
    let erltf = erltf::decode(&bytes).unwrap();
    cases.push(Case::new(Ours, "phoenix-token, Term", move || ours.encode().unwrap()));
    cases.push(Case::new(Peer, "eetf", move || {
        let mut out = Vec::new();
        eetf.encode(&mut out).unwrap();
        out
    }));
    cases.push(Case::new(Peer, "erltf", move || erltf::encode(&erltf).unwrap()));
    cases
}

fn decode_users(otp: &Otp) -> Vec<Case<'static>> {
    let bytes = &*to_vec(&data::users()).unwrap().leak();
    let mut cases = decode_term(bytes.to_vec(), otp);
    cases.push(Case::new(Ours, "phoenix-token, serde into structs", move || {
        from_slice::<BTreeMap<u64, User>>(bytes).unwrap()
    }));
    cases
}

fn encode_users(otp: &Otp) -> Vec<Case<'static>> {
    let users = data::users();
    let mut cases = encode_term(to_vec(&users).unwrap(), otp);
    cases.push(Case::new(Ours, "phoenix-token, serde from structs", move || {
        to_vec(&users).unwrap()
    }));
    cases
}

fn session_cookie(encrypted: bool) -> (SessionCookie, Session) {
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let cookie = if encrypted {
        SessionCookie::encrypted(&secret, "encryption", "signing").unwrap()
    } else {
        SessionCookie::signed(&secret, "signing").unwrap()
    };
    let mut session = Session::default();
    session.put_term("user_token", Term::binary([7; 32]));
    session
        .put_term("live_socket_id", "users_sessions:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    session.put_term("_csrf_token", "uJc0DGVNRnl5jWYjIPMLLsbS");
    (cookie, session)
}

fn write_session(encrypted: bool, otp: &Otp) -> Vec<Case<'static>> {
    let (cookie, session) = session_cookie(encrypted);
    let value = cookie.write(&session).unwrap();
    let mut cases = if encrypted { floors::seal(&value) } else { vec![floors::hmac(&value)] };
    if !encrypted {
        cases.extend(otp.mac(&value));
    }
    cases.push(Case::new(Ours, "phoenix-token, nonce given", move || {
        cookie.write_with_rng(&session, &mut Given).unwrap()
    }));
    let pairs = &*leak(session_pairs());
    cases.push(if encrypted {
        peers::private_jar_add(pairs)
    } else {
        peers::signed_jar_add(pairs)
    });
    cases
}

fn read_session(encrypted: bool, otp: &Otp) -> Vec<Case<'static>> {
    let (cookie, session) = session_cookie(encrypted);
    let value = cookie.write(&session).unwrap();
    let mut cases = if encrypted { floors::open(&value) } else { vec![floors::hmac(&value)] };
    if !encrypted {
        cases.extend(otp.mac(&value));
    }
    cases.push(Case::new(Ours, "phoenix-token", move || cookie.read(&value).unwrap()));
    let pairs = &*leak(session_pairs());
    cases.push(if encrypted {
        peers::private_jar_get(pairs)
    } else {
        peers::signed_jar_get(pairs)
    });
    cases
}

fn session_pairs() -> BTreeMap<String, String> {
    let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    [
        ("user_token", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc"),
        ("live_socket_id", "users_sessions:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="),
        ("_csrf_token", "uJc0DGVNRnl5jWYjIPMLLsbS"),
    ]
    .map(pair)
    .into()
}

fn batch() -> Vec<Case<'static>> {
    let key = data::key();
    let tokens: Vec<String> = (0..64).map(|id: u64| key.sign(&id).unwrap()).collect();
    let tokens = &*tokens.leak();
    let floor = floors::hmacs(tokens);
    let one_by_one = key.clone();
    let one_by_one = Case::new(Ours, "phoenix-token, one by one", move || {
        tokens.iter().map(|token| one_by_one.verify::<u64>(token).unwrap().data).sum::<u64>()
    });
    let batch = Case::new(Ours, "phoenix-token, verify_batch", move || {
        let ids = key.verify_batch::<u64, _, _>(tokens, &Verify::new());
        ids.map(|verified| verified.unwrap().data).sum::<u64>()
    });
    vec![floor, batch, one_by_one]
}

/// One key shared by two threads against a key for each: 1 where they do not hinder each other. What
/// one thread takes for its part tells how far the machine's two are cores of their own. By the clock
/// on the wall, since threads have a time each.
fn threads() -> Vec<Case<'static>> {
    let token = data::key().sign_at(&ID, NOW).unwrap();
    let on = |kind, name, threads, keys: usize| {
        let token = token.clone();
        let keys: Vec<_> = std::iter::repeat_with(data::key).take(keys).collect();
        Case::timed_by_itself(kind, name, move |runs| {
            let start = std::time::Instant::now();
            for _ in 0..runs {
                std::thread::scope(|scope| {
                    for key in keys.iter().cycle().take(threads) {
                        scope.spawn(|| {
                            for _ in 0..10_000 {
                                std::hint::black_box(key.verify_at::<u64>(&token, NOW).unwrap());
                            }
                        });
                    }
                });
            }
            start.elapsed().as_nanos() as f64 / runs as f64
        })
    };
    vec![
        on(Floor, "a key for each", 2, 2),
        on(Ours, "phoenix-token, one key shared", 2, 1),
        on(Peer, "one thread", 1, 1),
    ]
}

/// The last key of so many matches.
fn keyring(keys: u8) -> Vec<Case<'static>> {
    let last = data::key();
    let token = last.sign_at(&ID, NOW).unwrap();
    let others: Vec<_> = (1..keys).map(|secret| data::key_of(&[secret; 32])).collect();
    let mut ring = others.into_iter().chain([last]);
    let first = Keyring::new(ring.next().unwrap());
    let ring = ring.fold(first, |ring, key| ring.and(key).unwrap());
    let floor = floors::hmacs(&vec![token.clone(); usize::from(keys)]);
    let ours = Case::new(Ours, "phoenix-token, time given", move || {
        ring.verify_with::<u64>(&token, &Verify::at(NOW)).unwrap().data
    });
    vec![floor, ours]
}

/// A list of 200 000 atoms behind a valid MAC.
fn hostile() -> Vec<Case<'static>> {
    let key = data::key();
    let atoms = vec![None::<u8>; 200_000];
    let token = key.sign_at(&atoms, NOW).unwrap();
    let floor = floors::hmac(&token);
    let ours = key.clone();
    let id = Case::new(Ours, "phoenix-token, atoms asked for as an id", {
        let token = token.clone();
        move || ours.verify_at::<u64>(&token, NOW).unwrap_err()
    });
    let ours = key.clone();
    let term = Case::new(Ours, "phoenix-token, atoms as a Term", move || {
        ours.verify_term(&token, &Verify::at(NOW)).unwrap()
    });
    vec![floor, id, term]
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}
