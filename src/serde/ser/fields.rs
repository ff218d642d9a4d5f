//! Structs: their fields in Erlang's order of keys, none twice.

use core::ops::Range;

use ::serde::ser::{self, Serialize};

use super::{
    Encoder, Error,
    map::{self, HEADER},
    set_length,
};
use crate::{term::writer, wipe::wipe};

/// Of so many fields it is remembered where they stand.
const FEW: usize = 16;

/// Up to so many bytes of pairs are put in order by a copy; longer ones are moved where they are.
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
    let is_in_order = |order: &[_]| order.is_sorted_by(|one, other| compare(one, other).is_lt());
    if is_in_order(order) {
        return Ok(());
    }
    order.sort_unstable_by(compare);
    if !is_in_order(order) {
        return Err(map::twice());
    }
    let in_place = order.iter().enumerate().take_while(|(place, (_, at))| place == at).count();
    let end = out.len();
    let begin = |at: usize| pairs.get(at).map_or(end, |(_, begin)| *begin);
    let moved = order.get(in_place..).unwrap_or_default();
    let parts = moved.iter().map(|(_, at)| begin(*at)..begin(at.saturating_add(1)));
    let length = end.saturating_sub(begin(in_place));
    if length <= ROOM {
        let mut room = [0; ROOM];
        join(out, parts, room.split_at_mut(length).0);
        wipe(&mut room);
    } else {
        turn(out, order, begin);
    }
    Ok(())
}

/// Moves each pair, as they were written, before the greater ones of those before it.
fn turn(out: &mut [u8], order: &[(u64, usize)], begin: impl Fn(usize) -> usize) {
    for this in 0..order.len() {
        let (start, end) = (begin(this), begin(this.saturating_add(1)));
        let greater = order.iter().skip_while(|(_, at)| *at != this).filter(|(_, at)| *at < this);
        let lengths = greater.map(|(_, at)| begin(at.saturating_add(1)).saturating_sub(begin(*at)));
        let place = start.saturating_sub(lengths.sum());
        let moved = out.get_mut(place..end).unwrap_or_default();
        moved.rotate_right(end.saturating_sub(start));
    }
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
    use alloc::{
        boxed::Box,
        string::{String, ToString},
        vec::Vec,
    };
    use core::iter::repeat;

    use ::serde::{
        Serializer,
        ser::{SerializeStruct, SerializeStructVariant},
    };
    use proptest::prelude::*;

    use super::*;
    use crate::{
        serde::{Options, to_vec_with},
        term::Term,
    };

    const BOTH: [Options; 2] = [Options::new(), Options::new().binary_keys()];

    /// A struct, whose first field holds the other and whose others tell their names.
    #[derive(Clone, Debug)]
    struct Named {
        names: Vec<&'static str>,
        inner: Option<Box<Self>>,
        is_variant: bool,
    }

    impl Named {
        fn of(names: Vec<&'static str>) -> Self {
            Self { names, inner: None, is_variant: false }
        }

        fn text(name: &str) -> String {
            name.repeat(name.len())
        }

        /// The fields, in their order in the struct.
        fn fields(&self) -> impl Iterator<Item = (&'static str, Option<&Self>)> {
            let inner = self.inner.as_deref().into_iter().map(Some).chain(repeat(None));
            self.names.iter().copied().zip(inner)
        }

        fn is_in(&self, term: &Term) -> bool {
            let term = match term.as_tuple() {
                Some([tag, term]) if self.is_variant => {
                    assert_eq!(tag, &Term::atom("variant").unwrap());
                    term
                }
                _ => term,
            };
            let map = term.as_map().unwrap();
            let value = |name| map.get_atom(name).or_else(|| map.get_str(name)).unwrap();
            map.len() == self.names.len()
                && self.fields().all(|(name, inner)| match inner {
                    Some(inner) => inner.is_in(value(name)),
                    None => *value(name) == Term::from(Self::text(name)),
                })
        }
    }

    impl Serialize for Named {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            macro_rules! write_to {
                ($fields:expr) => {{
                    let mut fields = $fields?;
                    for (name, inner) in self.fields() {
                        match inner {
                            Some(inner) => fields.serialize_field(name, inner)?,
                            None => fields.serialize_field(name, &Self::text(name))?,
                        }
                    }
                    fields.end()
                }};
            }
            if self.is_variant {
                write_to!(serializer.serialize_struct_variant("", 0, "variant", self.names.len()))
            } else {
                write_to!(serializer.serialize_struct("Named", self.names.len()))
            }
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

    fn named(inner: impl Strategy<Value = Option<Box<Named>>>) -> impl Strategy<Value = Named> {
        let names = (Just(NAMES.to_vec()).prop_shuffle(), 0..=NAMES.len());
        (names, inner, any::<bool>()).prop_map(|((mut names, count), inner, is_variant)| {
            names.truncate(count);
            Named { names, inner, is_variant }
        })
    }

    proptest! {
        #[test]
        fn fields_are_in_order_and_keep_their_values(
            one in named(proptest::option::of(named(Just(None)).prop_map(Box::new))),
        ) {
            for options in BOTH {
                let bytes = to_vec_with(&("before", &one, "behind"), options).unwrap();
                let term = Term::decode(&bytes).unwrap();
                prop_assert_eq!(term.encode().unwrap(), bytes);
                let parts = term.as_tuple().unwrap();
                prop_assert_eq!(parts.first(), Some(&Term::from("before")));
                prop_assert!(one.is_in(parts.get(1).unwrap()));
                prop_assert_eq!(parts.get(2), Some(&Term::from("behind")));
            }
        }

        #[test]
        fn a_name_that_comes_twice_is_refused(
            one in named(Just(None)).prop_filter("a name", |one| !one.names.is_empty()),
            again in any::<prop::sample::Index>(),
            place in any::<prop::sample::Index>(),
        ) {
            let mut names = one.names;
            names.insert(place.index(names.len()), *again.get(&names));
            for options in BOTH {
                let error = to_vec_with(&Named::of(names.clone()), options).unwrap_err();
                prop_assert_eq!(error.to_string(), map::twice().to_string());
            }
        }
    }

    #[test]
    fn structs_on_both_sides_of_each_bound_are_put_in_order() {
        #[derive(::serde::Serialize)]
        struct Two<'a> {
            b: &'a str,
            a: u8,
        }

        // Two names of a letter, the head of a text and a small integer.
        for length in [ROOM, ROOM.saturating_add(1)].map(|bytes| bytes.saturating_sub(13)) {
            let text = "x".repeat(length);
            let bytes = to_vec_with(&Two { b: &text, a: 7 }, Options::new()).unwrap();
            let term = Term::decode(&bytes).unwrap();
            assert_eq!(bytes.len(), length.saturating_add(13).saturating_add(6));
            assert_eq!(term.encode().unwrap(), bytes);
            assert_eq!(term.as_map().unwrap().get_atom("b"), Some(&Term::from(text)));
        }
        for count in [FEW, FEW.saturating_add(1)] {
            let mut names = NAMES.into_iter().take(count).collect::<Vec<_>>();
            names.reverse();
            let one = Named::of(names);
            let bytes = to_vec_with(&one, Options::new()).unwrap();
            let term = Term::decode(&bytes).unwrap();
            assert_eq!(term.encode().unwrap(), bytes);
            assert!(one.is_in(&term));
        }
    }
}
