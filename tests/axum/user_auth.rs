//! `UserAuth` as phx.gen.auth generates it: what its own tests state, and what they leave open.

mod current_user;
mod log_in;

use std::time::Duration;

use phoenix_token::{cookie::RememberMe, store::SessionToken};

use crate::service::{Service, secret};

const DAY: Duration = Duration::from_secs(86_400);

fn topic(token: &[u8; 32]) -> String {
    let token = SessionToken::from_bytes(token).unwrap();
    format!("users_sessions:{}=", token.to_base64url())
}

fn remember_me(service: &Service, token: &[u8; 32]) -> String {
    let remember_me = RememberMe::new(&secret(), "my_app").unwrap();
    remember_me.write_at(token, service.clock.now()).unwrap()
}
