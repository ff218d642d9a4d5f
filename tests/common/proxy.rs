//! A TCP proxy that can lose its connections, or leave them open and pass nothing on.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

const PASS: u8 = 0;
const HOLE: u8 = 1;

pub struct Proxy {
    pub port: u16,
    mode: Arc<AtomicU8>,
    cut: broadcast::Sender<()>,
}

impl Proxy {
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (mode, (cut, _)) = (Arc::new(AtomicU8::new(PASS)), broadcast::channel(1));
        let (accept_mode, accept_cut) = (mode.clone(), cut.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mode, mut cut) = (accept_mode.clone(), accept_cut.subscribe());
                tokio::spawn(async move {
                    let server = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port)));
                    let Ok(server) = server.await else { return };
                    let (client_reads, client_writes) = client.into_split();
                    let (server_reads, server_writes) = server.into_split();
                    tokio::select! {
                        () = pass(client_reads, server_writes, &mode) => {}
                        () = pass(server_reads, client_writes, &mode) => {}
                        _ = cut.recv() => {}
                    }
                });
            }
        });
        Self { port: own, mode, cut }
    }

    /// Connections stay open, and nothing comes through any more, old or new.
    pub fn hole(&self) {
        self.mode.store(HOLE, Ordering::SeqCst);
    }

    pub fn mend(&self) {
        self.mode.store(PASS, Ordering::SeqCst);
    }

    /// Closes every connection; new ones come through.
    pub fn cut(&self) {
        let _ = self.cut.send(());
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mode: &AtomicU8,
) {
    let mut buffer = [0; 4096];
    while let Ok(length) = from.read(&mut buffer).await {
        while mode.load(Ordering::SeqCst) == HOLE {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if length == 0 || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
