//! What the targets share: keys that never change, damage to a text, a generator that says what it
//! is told, and a count of the memory held.

#[path = "../../tests/common/memory.rs"]
pub mod memory;

use std::{convert::Infallible, sync::LazyLock};

use arbitrary::Arbitrary;
use phoenix_token::{
    MaxAge, SecretKeyBase, Sign, SigningKey, Timestamp, TokenKey, Verify,
    key_generator::{Params, derive},
    term::Term,
};
use rand_core::{TryCryptoRng, TryRng};

pub const SECRET: &str =
    "a secret key base for fuzzing, of at least sixty-four bytes, as cookies ask";
pub const SALT: &str = "user auth";

/// When all tokens here are made and read: 2026-01-02T03:04:05.500Z.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_500);

pub static TOKEN_KEY: LazyLock<TokenKey> = LazyLock::new(|| token_key(SALT));

/// The key that [`TOKEN_KEY`] signs with: what it makes of a payload is then known.
pub static SIGNING_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::new(derived(SALT)).expect("32 bytes"));

pub fn token_key(salt: &str) -> TokenKey {
    TokenKey::derive(&secret(), salt)
}

pub fn secret() -> SecretKeyBase {
    SecretKeyBase::new(SECRET).expect("long enough")
}

pub fn derived(salt: &str) -> Vec<u8> {
    let key = derive(SECRET.as_bytes(), salt.as_bytes(), &Params::default());
    key.expect("the default options").secret_bytes().to_vec()
}

/// The one token as Plug.Crypto 1.x encrypts it that there is.
pub fn a128gcm_token() -> String {
    let key = TokenKey::builder(&secret(), SALT).a128gcm().build().expect("the default options");
    let rng = &mut Repeating(b"not random at all");
    key.encrypt_term_with_rng(&Term::from(42), &Sign::at(NOW), rng).expect("an encrypted token")
}

/// A token of any age passes.
pub fn ageless() -> Verify {
    Verify::at(NOW).max_age(MaxAge::INFINITY)
}

/// What may happen to a text on its way.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Damage {
    None,
    Replace(u16, char),
    Insert(u16, char),
    Remove(u16),
    Swap(u16, u16),
    Truncate(u16),
    Append(char),
}

impl Damage {
    /// The text after it. Positions beyond the end count on from the beginning.
    pub fn to(self, text: &str) -> String {
        let mut chars: Vec<char> = text.chars().collect();
        let at = |position: u16| usize::from(position) % text.len();
        match self {
            Self::None => {}
            Self::Replace(position, char) => chars[at(position)] = char,
            Self::Insert(position, char) => chars.insert(at(position), char),
            Self::Remove(position) => drop(chars.remove(at(position))),
            Self::Swap(one, other) => chars.swap(at(one), at(other)),
            Self::Truncate(length) => chars.truncate(at(length)),
            Self::Append(char) => chars.push(char),
        }
        chars.into_iter().collect()
    }
}

/// A generator that gives these bytes over and over: the nonce of a token, to make it again.
pub struct Repeating<'a>(pub &'a [u8]);

impl TryRng for Repeating<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.iter_mut().zip(self.0.iter().cycle()).for_each(|(byte, given)| *byte = *given);
        Ok(())
    }
}

impl TryCryptoRng for Repeating<'_> {}
