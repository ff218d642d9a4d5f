//! The first ten minutes: what the crate does, on tokens of both sides.
//!
//! ```text
//! cargo run --example quickstart
//! ```

#![allow(clippy::expect_used, clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use phoenix_token::{
    MaxAge, SecretKeyBase, Sign, Timestamp, TokenKey, Verify, VerifyError, term::Term,
};
use serde::{Deserialize, Serialize};

/// What the Phoenix application below signed: `Phoenix.Token.sign(secret, "user auth", 1,
/// signed_at: 1_700_799_906, max_age: 1_000_000_000)`.
const MADE_BY_ELIXIR: &str =
    "SFMyNTY.g2gDYQFuBgDQAJP_iwFiO5rKAA.rI1dX_zEnhl3oipsxcmz2MQX8wnn_u7Fw4DHuPnckYk";

/// Its `secret_key_base`. A real one is 64 bytes, comes from the environment, and is in no source.
const ELIXIRS_SECRET: &str = "8NHT-6zLV7k7d5Lt95P6z_-xX4BHKWoh";

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    admin: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let secret = SecretKeyBase::new(ELIXIRS_SECRET)?;
    // PBKDF2 runs here, once. All below takes less than a microsecond or two.
    let user_auth = TokenKey::derive(&secret, "user auth");

    println!(
        "A token minted here, which Phoenix.Token.verify(secret, \"user auth\", token) takes:"
    );
    let token = user_auth.sign(&42)?;
    println!("  {token}\n");

    println!("A token minted by Elixir, verified here:");
    let verified = user_auth.verify::<u64>(MADE_BY_ELIXIR)?;
    println!("  {MADE_BY_ELIXIR}");
    println!("  user {}, valid for {}\n", verified.data, verified.max_age);

    println!("The same with a limit on its age:");
    let one_hour = Verify::new().max_age(MaxAge::hours(1));
    refused(user_auth.verify_with::<u64>(MADE_BY_ELIXIR, &one_hour).err());

    println!("The same with one letter changed:");
    refused(user_auth.verify::<u64>(&MADE_BY_ELIXIR.replacen("YQF", "YQI", 1)).err());

    println!("The same under another salt:");
    refused(TokenKey::derive(&secret, "password reset").verify::<u64>(MADE_BY_ELIXIR).err());

    println!("No token at all:");
    refused(user_auth.verify::<u64>(None).err());

    println!("An encrypted token, which its holder cannot read:");
    let encrypted = user_auth.encrypt("for your eyes only")?;
    println!("  {encrypted}");
    println!("  {:?}\n", user_auth.decrypt::<String>(&encrypted)?.data);

    println!("A struct as payload, valid for two weeks:");
    let ada = User { id: 1, name: "Ada".into(), admin: true };
    let token = user_auth.sign_with(&ada, &Sign::new().max_age(MaxAge::days(14)))?;
    println!("  {token}");
    println!("  Elixir sees {:?}", user_auth.verify::<Term>(&token)?.data);
    assert_eq!(user_auth.verify::<User>(&token)?.data, ada);

    println!("\nTests need no clock, the time can be given:");
    let noon = Timestamp::from_secs(1_767_268_800);
    let token = user_auth.sign_at(&42, noon)?;
    let next_day = Timestamp::from_secs(1_767_268_800 + 86_401);
    println!("  at noon:            {:?}", user_auth.verify_at::<u64>(&token, noon)?.data);
    refused(user_auth.verify_at::<u64>(&token, next_day).err());
    Ok(())
}

/// Prints why a token was refused; a token that was not is a failure of the example.
fn refused(error: Option<VerifyError>) {
    println!("  refused: {}\n", error.expect("the token should have been refused"));
}
