//! The store on every database. One program for all of it, for each would compile the store for three
//! databases anew; what needs a server for itself, or takes the whole machine, has programs of its own.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_imports, reason = "one database alone needs a part of it")
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[macro_use]
#[path = "../common/databases.rs"]
mod databases;
#[path = "../common/ecto.rs"]
mod ecto;
#[path = "../common/session_model.rs"]
mod session_model;

mod beside_phoenix;
mod cancelled;
mod clock;
mod creation;
mod email;
mod laws;
mod reissue;
#[cfg(feature = "postgres")]
mod replica;
mod sessions;
mod sql;
mod table;
mod unanswered;
mod upkeep;
