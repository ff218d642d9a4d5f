//! Terms as the vectors spell them, independent of the crate's own reading and writing.

use serde::Deserialize;

use super::hex::Hex;
use phoenix_token::term::{Atom, Bitstring, Float, ImproperList, Integer, Map, Term};

/// A term in JSON; the table of `vectors/README.md` names the forms.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum TermJson {
    Atom(String),
    /// Decimal, of any size.
    Integer(String),
    /// The IEEE double, big-endian.
    Float(Hex),
    Binary(Hex),
    Bitstring {
        bytes: Hex,
        last_bits: u8,
    },
    List(Vec<TermJson>),
    ImproperList {
        elements: Vec<TermJson>,
        tail: Box<TermJson>,
    },
    Tuple(Vec<TermJson>),
    Map(Vec<(TermJson, TermJson)>),
    /// In the external term format, as OTP wrote it.
    Pid(Hex),
    /// In the external term format, as OTP wrote it.
    Reference(Hex),
    Repeat {
        kind: Repeated,
        count: usize,
    },
}

/// More would be no test of the format.
const MOST_REPEATED: usize = 10_000_000;

/// What is too large to be spelt out.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) enum Repeated {
    #[serde(rename = "list of 7")]
    ListOfSevens,
    #[serde(rename = "binary of x")]
    BinaryOfX,
}

impl TermJson {
    /// The crate's `Term` of the same value; an error says what is no term.
    pub(crate) fn to_term(&self) -> Result<Term, String> {
        let all =
            |terms: &[TermJson]| terms.iter().map(Self::to_term).collect::<Result<Vec<_>, _>>();
        Ok(match self {
            Self::Atom(name) => {
                Term::Atom(Atom::new(name.clone()).map_err(|error| format!("{name:?}: {error}"))?)
            }
            Self::Integer(decimal) => {
                integer(decimal).ok_or_else(|| format!("no integer: {decimal:?}"))?
            }
            Self::Float(bytes) => {
                let bits = bytes[..].try_into().map_err(|_| format!("no double: {bytes:?}"))?;
                let float = Float::new(f64::from_be_bytes(bits));
                Term::Float(float.ok_or_else(|| format!("not finite: {bytes:?}"))?)
            }
            Self::Binary(bytes) => Term::Binary(bytes.0.clone()),
            Self::Bitstring { bytes, last_bits } => Term::Bitstring(
                Bitstring::new(bytes.0.clone(), *last_bits)
                    .ok_or_else(|| format!("no bitstring: {bytes:?} {last_bits}"))?,
            ),
            Self::List(elements) => Term::List(all(elements)?),
            Self::ImproperList { elements, tail } => Term::ImproperList(
                ImproperList::new(all(elements)?, tail.to_term()?)
                    .ok_or_else(|| format!("no improper list: {self:?}"))?,
            ),
            Self::Tuple(elements) => Term::Tuple(all(elements)?),
            Self::Map(pairs) => {
                let terms = pairs.iter().map(|(key, value)| Ok((key.to_term()?, value.to_term()?)));
                let map = terms.collect::<Result<Map, String>>()?;
                if map.len() != pairs.len() {
                    return Err(format!("a key twice: {self:?}"));
                }
                Term::Map(map)
            }
            Self::Pid(etf) => match Term::decode(etf) {
                Ok(term @ Term::Pid(_)) => term,
                other => return Err(format!("no pid: {other:?}")),
            },
            Self::Reference(etf) => match Term::decode(etf) {
                Ok(term @ Term::Reference(_)) => term,
                other => return Err(format!("no reference: {other:?}")),
            },
            Self::Repeat { count, .. } if *count > MOST_REPEATED => {
                return Err(format!("{count} elements"));
            }
            Self::Repeat { kind: Repeated::ListOfSevens, count } => {
                Term::List(vec![Term::Integer(Integer::from(7)); *count])
            }
            Self::Repeat { kind: Repeated::BinaryOfX, count } => Term::Binary(vec![b'x'; *count]),
        })
    }

    /// Whether OTP may write the pairs of a map in it in an order of its own: two atoms among the
    /// keys, or more than 32 keys.
    pub(crate) fn has_unordered_map(&self) -> bool {
        match self {
            Self::Map(pairs) => {
                let atoms = pairs.iter().filter(|(key, _)| matches!(key, Self::Atom(_))).count();
                let inside = |(key, value): &(Self, Self)| {
                    key.has_unordered_map() || value.has_unordered_map()
                };
                atoms > 1 || pairs.len() > 32 || pairs.iter().any(inside)
            }
            Self::List(elements) | Self::Tuple(elements) => {
                elements.iter().any(Self::has_unordered_map)
            }
            Self::ImproperList { elements, tail } => {
                elements.iter().any(Self::has_unordered_map) || tail.has_unordered_map()
            }
            Self::Atom(_)
            | Self::Integer(_)
            | Self::Float(_)
            | Self::Binary(_)
            | Self::Bitstring { .. }
            | Self::Pid(_)
            | Self::Reference(_)
            | Self::Repeat { .. } => false,
        }
    }
}

/// Goes by way of LARGE_BIG_EXT, so that the crate's own reading of decimals is not needed.
fn integer(decimal: &str) -> Option<Term> {
    let digits = decimal.strip_prefix('-').unwrap_or(decimal);
    if digits.is_empty() {
        return None;
    }
    let mut magnitude: Vec<u8> = Vec::new();
    for digit in digits.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in &mut magnitude {
            let sum = u32::from(*byte).saturating_mul(10).saturating_add(carry);
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
        magnitude.extend(u8::try_from(carry).ok().filter(|carry| *carry > 0));
    }
    let length = u32::try_from(magnitude.len()).ok()?.to_be_bytes();
    let sign = u8::from(digits.len() < decimal.len());
    Term::decode(&[&[131, 111], &length[..], &[sign], &magnitude].concat()).ok()
}
