//! What the tokens and terms of the table hold.

use std::{collections::BTreeMap, convert::Infallible};

use phoenix_token::{SecretKeyBase, Timestamp, TokenKey};
use rand_core::{TryCryptoRng, TryRng};
use serde::{Deserialize, Serialize};

pub const SECRET: &[u8] = b"a secret key base of the sixty-four bytes that cookies do require";
pub const SALT: &[u8] = b"user auth";
pub const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);
pub const ID: u64 = 42;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub admin: bool,
    pub visits: u32,
    pub score: f64,
}

pub fn user(id: u64) -> User {
    User {
        id,
        name: format!("Ada Lovelace {id}"),
        email: format!("ada{id}@example.org"),
        admin: id.is_multiple_of(2),
        visits: 70_000,
        score: 0.5,
    }
}

pub fn users() -> BTreeMap<u64, User> {
    (0..1000).map(|id| (id, user(id))).collect()
}

pub fn text() -> String {
    "0123456789abcdef".repeat(64)
}

pub fn key() -> TokenKey {
    key_of(SECRET)
}

pub fn key_of(secret: &[u8]) -> TokenKey {
    TokenKey::derive(&SecretKeyBase::new(secret).unwrap(), SALT)
}

/// A nonce that is given costs nothing.
pub struct Given;

impl TryRng for Given {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(9)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(9)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(9);
        Ok(())
    }
}

impl TryCryptoRng for Given {}
