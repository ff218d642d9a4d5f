//! A service whose users see where they are signed in, and can end it.
//!
//! ```text
//! cargo run --example sessions --features axum,sqlite
//! ```
//!
//! Enter any address: the link that signs you in is printed to the console. Open the page in another
//! browser as well, and end one session from the other. Everything is kept in memory, unless
//! `DATABASE_URL` names a file (`sqlite://sessions.db?mode=rwc`) and `SECRET_KEY_BASE` a secret that
//! stays. `PORT` is the port.

#![allow(clippy::print_stdout, reason = "an example prints")]

#[path = "../service/mod.rs"]
mod service;

use std::{env, error::Error, sync::Arc};

use phoenix_token::{SecretKeyBase, store::SessionToken};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (listener, origin) = service::listen(3000).await?;
    let url = env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite::memory:".into());
    let send = Arc::new(service::print);
    let service = service::sqlite::service(&url, &secret()?, origin.clone(), send).await?;
    println!("Open {origin} in one or two browsers; Ctrl-C ends it.");
    service::serve(listener, service).await
}

/// From the environment, or one for as long as the program runs.
fn secret() -> Result<SecretKeyBase, Box<dyn Error>> {
    let made = || {
        let parts = [SessionToken::random()?, SessionToken::random()?];
        Ok::<_, Box<dyn Error>>(parts.map(|part| part.to_base64url()).concat())
    };
    Ok(SecretKeyBase::new(env::var("SECRET_KEY_BASE").or_else(|_| made())?)?)
}
