//! The service of the example `sessions` beside a Phoenix application: on its PostgreSQL database, its
//! table and its cookies. Whoever is signed in there is signed in here, and the other way round.
//!
//! ```text
//! export DATABASE_URL=postgres://postgres:postgres@localhost/my_app_dev
//! export SECRET_KEY_BASE=…   # secret_key_base: of the endpoint, in config/dev.exs or the environment
//! export PHOENIX_APP=my_app  # app: in mix.exs
//! export SIGNING_SALT=…      # signing_salt: of @session_options in endpoint.ex
//! cargo run --example beside_phoenix --features axum,postgres
//! ```
//!
//! Browsers keep the cookies of a host for all of its ports, so a Phoenix on `localhost:4000` and this
//! on `localhost:3000` share them. `PORT` is the port, `ORIGIN` what users call the service where it
//! stands behind a proxy, `ENCRYPTION_SALT` the `encryption_salt:` where there is one, and
//! `OTHER_SECRET_KEY_BASE` a second secret to read cookies of, while it is being changed. Whether it is
//! Phoenix 1.7 or 1.8 the table tells.

#![allow(clippy::print_stdout, reason = "an example prints")]

#[path = "../service/mod.rs"]
mod service;

use std::{env, error::Error, sync::Arc};

use service::postgres::{self, Phoenix};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let phoenix = Phoenix::from_env()?;
    let (listener, local) = service::listen(3000).await?;
    let origin = env::var("ORIGIN").unwrap_or(local);
    let service = postgres::service(&phoenix, origin.clone(), Arc::new(service::print)).await?;
    println!("Open {origin}, beside the Phoenix application {}; Ctrl-C ends it.", phoenix.app);
    service::serve(listener, service).await
}
