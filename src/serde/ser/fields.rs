//! Structs: their fields in Erlang's order of keys, none twice.

use alloc::vec;
use core::ops::Range;

use ::serde::ser::{self, Serialize};
use zeroize::Zeroizing;

use super::{
    Encoder, Error,
    map::{self, HEADER},
    set_length,
};
use crate::{term::writer, wipe::wipe};

/// Of so many fields it is remembered where they stand.
const FEW: usize = 16;

/// Bytes of pairs that are put in order without the heap.
const ROOM: usize = 256;

/// A struct, whose fields come in the order of their declaration.
pub(super) struct Fields<'e, 'o> {
    encoder: &'e mut Encoder<'o>,
    start: usize,
    count: usize,
    /// The first [`FEW`] names, each with where its pair begins.
    pairs: [(&'static str, usize); FEW],
    /// Whether it stands in a tuple behind a variant's tag.
    in_variant: bool,
}

impl<'e, 'o> Fields<'e, 'o> {
    #[inline]
    pub(super) fn begin(encoder: &'e mut Encoder<'o>, in_variant: bool) -> Result<Self, Error> {
        encoder.enter()?;
        let start = encoder.out.len();
        writer::map(encoder.out, 0)?;
        Ok(Self { encoder, start, count: 0, pairs: [("", 0); FEW], in_variant })
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if let Some(pair) = self.pairs.get_mut(self.count) {
            *pair = (name, self.encoder.out.len());
        }
        self.count = self.count.saturating_add(1);
        if self.encoder.options.binary_keys {
            writer::binary(self.encoder.out, name.as_bytes())?;
        } else {
            writer::atom(self.encoder.out, name)?;
        }
        value.serialize(&mut *self.encoder)
    }

    fn finish(self) -> Result<(), Error> {
        self.encoder.leave();
        if self.in_variant {
            self.encoder.leave();
        }
        set_length(self.encoder.out, self.start, self.count)?;
        if let Some(pairs) = self.pairs.get(..self.count) {
            return put_in_order(self.encoder.out, pairs);
        }
        let encoded = self.start.saturating_add(HEADER);
        map::sort(self.encoder.out.get_mut(encoded..).unwrap_or_default(), self.count)
    }
}

/// Puts the pairs at the end of `out` in the order of their names.
fn put_in_order(out: &mut [u8], pairs: &[(&'static str, usize)]) -> Result<(), Error> {
    let mut order = [(0, 0); FEW];
    let order = order.get_mut(..pairs.len()).unwrap_or_default();
    for (at, (place, (name, _))) in order.iter_mut().zip(pairs).enumerate() {
        *place = (beginning(name), at);
    }
    let name = |at: usize| pairs.get(at).map_or("", |(name, _)| name);
    let compare = |(one, this): &(u64, usize), (other, that): &(u64, usize)| {
        one.cmp(other).then_with(|| name(*this).cmp(name(*that)))
    };
    if order.is_sorted_by(|one, other| compare(one, other).is_lt()) {
        return Ok(());
    }
    order.sort_unstable_by(compare);
    if !order.is_sorted_by(|one, other| compare(one, other).is_lt()) {
        return Err(map::twice());
    }
    let end = out.len();
    let begin = |at: usize| pairs.get(at).map_or(end, |(_, begin)| *begin);
    let parts = order.iter().map(|(_, at)| begin(*at)..begin(at.saturating_add(1)));
    let length = end.saturating_sub(begin(0));
    if length <= ROOM {
        let mut room = [0; ROOM];
        join(out, parts, room.split_at_mut(length).0);
        wipe(&mut room);
    } else {
        join(out, parts, &mut Zeroizing::new(vec![0; length]));
    }
    Ok(())
}

/// Writes the parts of `out` to its end one behind the other, by way of `room` that is as large as all.
fn join(out: &mut [u8], parts: impl Iterator<Item = Range<usize>>, room: &mut [u8]) {
    let mut left = &mut *room;
    for part in parts {
        let part = out.get(part).unwrap_or_default();
        let (to, behind) = left.split_at_mut(part.len());
        to.copy_from_slice(part);
        left = behind;
    }
    let (_, end) = out.split_at_mut(out.len().saturating_sub(room.len()));
    end.copy_from_slice(room);
}

/// The first eight bytes of a name, as a number that compares as they do.
fn beginning(name: &str) -> u64 {
    let bytes = name.as_bytes();
    match bytes.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            (0..8).fold(0, |number, at| number << 8 | bytes.get(at).map_or(0, |&byte| byte.into()))
        }
    }
}

impl ser::SerializeStruct for Fields<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let result = self.field(name, value);
        self.encoder.part(result)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeStructVariant for Fields<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let result = self.field(name, value);
        self.encoder.part(result)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use alloc::{string::ToString, vec::Vec};

    use ::serde::{Serializer, ser::SerializeStruct};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        serde::{Options, to_vec_with},
        term::Term,
    };

    /// A struct of fields with these names, whose values tell the name and differ in length.
    struct Named(Vec<&'static str>);

    impl Serialize for Named {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("Named", self.0.len())?;
            for name in &self.0 {
                fields.serialize_field(name, &name.repeat(name.len()))?;
            }
            fields.end()
        }
    }

    /// More than [`FEW`]; some are as another of its first eight bytes, or but for zeros behind it.
    const NAMES: [&str; 24] = [
        "a",
        "a\0",
        "aa",
        "ab",
        "ac",
        "b",
        "ba",
        "bb",
        "c",
        "cab",
        "d",
        "e",
        "é",
        "f",
        "g",
        "gab",
        "inserted",
        "inserted\0",
        "inserted_at",
        "inserted_by",
        "i",
        "j",
        "k",
        "",
    ];

    proptest! {
        #[test]
        fn fields_are_in_order_and_keep_their_values(
            names in Just(NAMES.to_vec()).prop_shuffle(),
            count in 0..=NAMES.len(),
            again in any::<prop::sample::Index>(),
        ) {
            let mut named = Named(names.into_iter().take(count).collect());
            for options in [Options::new(), Options::new().binary_keys()] {
                let bytes = to_vec_with(&named, options).unwrap();
                let term = Term::decode(&bytes).unwrap();
                prop_assert_eq!(term.encode().unwrap(), bytes);
                let map = term.as_map().unwrap();
                prop_assert_eq!(map.len(), count);
                for name in &named.0 {
                    let value = map.get_atom(name).or_else(|| map.get_str(name)).unwrap();
                    prop_assert_eq!(value, &Term::from(name.repeat(name.len())));
                }
            }
            if count > 0 {
                named.0.push(*again.get(&named.0));
                let error = to_vec_with(&named, Options::new()).unwrap_err();
                prop_assert_eq!(error.to_string(), map::twice().to_string());
            }
        }
    }
}
