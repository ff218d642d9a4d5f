//! Damage, as OTP's own suite does it to the external term format, and a little more.

use super::rng::Rng;

/// Each bit alone, and all of them.
const MASKS: [u8; 9] = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff];

/// Every beginning of the bytes, without the whole.
pub fn truncations(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len()).map(|length| bytes[..length].to_vec())
}

/// Every byte under every mask.
pub fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len()).flat_map(move |at| {
        MASKS.into_iter().map(move |mask| {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= mask;
            damaged
        })
    })
}

/// A part of one put into the place of a part of the other; a length changed; bytes put in.
pub fn splice(rng: &mut Rng, one: &[u8], other: &[u8]) -> Vec<u8> {
    let (from, to) = range(rng, one);
    let (start, end) = range(rng, other);
    let inner = match rng.below(4) {
        0 => rng.choose(&INTERESTING).to_vec(),
        1 => {
            let length = rng.below(6);
            rng.bytes(length)
        }
        _ => other[start..end].to_vec(),
    };
    [&one[..from], &inner, &one[to..]].concat()
}

/// Tags and lengths that often stand at a boundary.
const INTERESTING: [&[u8]; 14] = [
    &[0, 0, 0, 0],
    &[255, 255, 255, 255],
    &[0, 0, 0, 1],
    &[97, 1],
    &[106],
    &[104, 0],
    &[107, 0, 0],
    &[108, 0, 0, 0, 0],
    &[77, 0, 0, 0, 1, 8],
    &[110, 0, 0],
    &[110, 1, 1, 0],
    &[118, 0, 1, 97],
    &[113, 119, 1, 97, 119, 1, 98, 97, 1],
    &[116, 0, 0, 0, 0],
];

fn range(rng: &mut Rng, bytes: &[u8]) -> (usize, usize) {
    let from = 1.min(bytes.len()) + rng.below(bytes.len().max(1));
    let from = from.min(bytes.len());
    let to = (from + rng.below(12)).min(bytes.len());
    (from, to)
}
