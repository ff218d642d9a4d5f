use core::{fmt, str::FromStr};
use std::string::String;

use super::error::StoreError;

/// The id of a user or of a row: a `bigint` or a UUID, as the table has it.
///
/// # Example
/// ```
/// use phoenix_token::store::Id;
///
/// let user: Id = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab".parse()?;
/// assert_eq!(user.to_string(), "0186fa3d-1c2f-4c4f-9aaa-1234567890ab");
/// assert_eq!(Id::from(42).to_string(), "42");
/// # Ok::<(), phoenix_token::store::InvalidId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// A `bigint`.
    Integer(i64),
    /// A UUID, its 16 bytes in network order.
    Uuid([u8; 16]),
}

/// The public name of one session of a user: its row's id, which is not its token.
///
/// It may stand in a page or an URL; it opens nothing, and ends a session only together with the
/// id of its user.
pub type Handle = Id;

/// Which ids a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdType {
    /// `bigint`, given by the database.
    Integer,
    /// UUIDs, given by this crate (version 4), so that keys spread.
    Uuid,
}

/// A text that is neither an integer nor a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidId;

impl Id {
    /// The type of this id.
    pub const fn id_type(&self) -> IdType {
        match self {
            Self::Integer(_) => IdType::Integer,
            Self::Uuid(_) => IdType::Uuid,
        }
    }

    /// A fresh UUID, version 4 (RFC 9562).
    pub(crate) fn random() -> Result<Self, StoreError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
        let mut uuid = u128::from_be_bytes(bytes);
        uuid = uuid & !(0xf << 76) | (0x4 << 76);
        uuid = uuid & !(0x3 << 62) | (0x2 << 62);
        Ok(Self::Uuid(uuid.to_be_bytes()))
    }
}

impl From<i64> for Id {
    fn from(id: i64) -> Self {
        Self::Integer(id)
    }
}

impl From<[u8; 16]> for Id {
    fn from(id: [u8; 16]) -> Self {
        Self::Uuid(id)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => write!(f, "{id}"),
            Self::Uuid(bytes) => {
                for (index, byte) in bytes.iter().enumerate() {
                    if matches!(index, 4 | 6 | 8 | 10) {
                        f.write_str("-")?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for Id {
    type Err = InvalidId;

    /// Reads an integer, or a UUID with or without hyphens.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let hex: String = text.chars().filter(|&c| c != '-').collect();
        if hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let uuid = u128::from_str_radix(&hex, 16).map_err(|_| InvalidId)?;
            return Ok(Self::Uuid(uuid.to_be_bytes()));
        }
        text.parse().map(Self::Integer).map_err(|_| InvalidId)
    }
}

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither an integer nor a UUID")
    }
}

impl core::error::Error for InvalidId {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
    use super::*;

    #[test]
    fn a_uuid_is_read_with_and_without_hyphens_and_written_as_ecto_writes_it() {
        let text = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab";
        let id: Id = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(text.replace('-', "").to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn integers_keep_their_sign_and_anything_else_is_refused() {
        assert_eq!("-7".parse(), Ok(Id::Integer(-7)));
        for text in ["", "x", "12-", "0186fa3d", "0186fa3d-1c2f-4c4f-9aaa-1234567890ag"] {
            assert_eq!(text.parse::<Id>().ok(), text.parse().ok().map(Id::Integer), "{text}");
        }
    }

    #[test]
    fn an_invalid_id_says_so() {
        assert_eq!(InvalidId.to_string(), "neither an integer nor a UUID");
    }

    #[test]
    fn a_random_id_is_a_uuid_of_version_4() {
        let text = Id::random().unwrap().to_string();
        assert_eq!(text.as_bytes().get(14), Some(&b'4'));
        assert!(matches!(text.as_bytes().get(19), Some(b'8' | b'9' | b'a' | b'b')));
    }

    #[test]
    fn all_other_bits_of_a_random_id_are_random() {
        let (mut set, mut kept) = (0, u128::MAX);
        for _ in 0..100 {
            let Id::Uuid(bytes) = Id::random().unwrap() else { panic!("an integer") };
            set |= u128::from_be_bytes(bytes);
            kept &= u128::from_be_bytes(bytes);
        }
        let (version, variant) = (0x4 << 76, 0x2 << 62);
        assert_eq!(set, !(0xf << 76) & !(0x3 << 62) | version | variant);
        assert_eq!(kept, version | variant);
    }
}
