//! Structs: their fields in Erlang's order of keys, none twice.

use core::cmp::Ordering;

use ::serde::ser::{self, Serialize};

use super::{
    Encoder, Error,
    map::{self, HEADER},
    set_length,
};
use crate::term::writer;

/// Up to so many fields are put in order in place, as they are written.
const FEW: usize = 16;

/// A struct, whose fields come in the order of their declaration.
pub(super) struct Fields<'e, 'o> {
    encoder: &'e mut Encoder<'o>,
    start: usize,
    count: usize,
    /// The first [`FEW`] names in order, each with where its pair begins.
    sorted: [(&'static str, usize); FEW],
    /// Whether it stands in a tuple behind a variant's tag.
    in_variant: bool,
}

impl<'e, 'o> Fields<'e, 'o> {
    pub(super) fn begin(encoder: &'e mut Encoder<'o>, in_variant: bool) -> Result<Self, Error> {
        encoder.enter()?;
        let start = encoder.out.len();
        writer::map(encoder.out, 0)?;
        Ok(Self { encoder, start, count: 0, sorted: [("", 0); FEW], in_variant })
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        let start = self.encoder.out.len();
        if self.encoder.options.binary_keys {
            writer::binary(self.encoder.out, name.as_bytes())?;
        } else {
            writer::atom(self.encoder.out, name)?;
        }
        value.serialize(&mut *self.encoder)?;
        self.put_in_order(name, start)
    }

    /// Moves the last pair, which begins at `start`, before those of greater names.
    fn put_in_order(&mut self, name: &'static str, start: usize) -> Result<(), Error> {
        let last = self.count;
        self.count = last.saturating_add(1);
        let Some(sorted) = self.sorted.get_mut(..self.count) else { return Ok(()) };
        let mut place = start;
        let mut at = last;
        for (other, begin) in sorted.iter().take(last).rev() {
            match (*other).cmp(name) {
                Ordering::Less => break,
                Ordering::Equal => return Err(map::twice()),
                Ordering::Greater => {
                    place = *begin;
                    at = at.saturating_sub(1);
                }
            }
        }
        let length = self.encoder.out.len().saturating_sub(start);
        if at < last {
            self.encoder.out.get_mut(place..).unwrap_or_default().rotate_right(length);
        }
        let later = sorted.get_mut(at..).unwrap_or_default();
        later.rotate_right(1);
        for (_, begin) in &mut *later {
            *begin = begin.saturating_add(length);
        }
        if let Some(first) = later.first_mut() {
            *first = (name, place);
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Error> {
        self.encoder.leave();
        if self.in_variant {
            self.encoder.leave();
        }
        set_length(self.encoder.out, self.start, self.count)?;
        if self.count > FEW {
            let pairs = self.start.saturating_add(HEADER);
            map::sort(self.encoder.out.get_mut(pairs..).unwrap_or_default(), self.count)?;
        }
        Ok(())
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
        self.field(name, value)
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
        self.field(name, value)
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

    const NAMES: [&str; 20] = [
        "a", "aa", "ab", "ac", "b", "ba", "bb", "c", "cab", "d", "e", "é", "f", "g", "gab", "h",
        "i", "j", "k", "",
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
