//! The layer for axum, in one program: each would compile the service that they share anew.
#![cfg(all(feature = "axum", feature = "sqlite"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "../common/databases.rs"]
mod databases;
#[path = "../common/jar.rs"]
mod jar;
#[path = "../common/printed.rs"]
mod printed;
#[path = "../common/service.rs"]
mod service;

mod cookies;
mod csrf;
mod disclosure;
mod failures;
mod one_request;
mod reissued;
mod responses;
mod sessions;
mod user_auth;
