//! From a Rust value straight into the bytes of a term.

mod compound;
mod fields;
mod map;

use alloc::{string::ToString, vec::Vec};
use core::fmt::{self, Write};

use ::serde::ser::{self, Serialize};

use self::{
    compound::{List, Tuple},
    fields::Fields,
    map::Map,
};
use super::{Error, Options, names};
use crate::{
    error::{DecodeError, EncodeError},
    term::{Limits, check::check, writer},
    wipe::wipe,
};

/// Appends the value as a term without its version byte: one that [`check`] accepts, and of no more
/// levels. On an error `out` is as it was before, and what was written is zeroed: it may have been about
/// to be encrypted.
pub(crate) fn to_writer<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
    options: Options,
    levels: usize,
) -> Result<(), Error> {
    let start = out.len();
    let mut encoder = Encoder { out, options, levels, next: Next::Data, torn: false };
    let result = match value.serialize(&mut encoder) {
        Ok(()) if encoder.torn => Err(Error::data("a Serialize that goes on after an error")),
        result => result,
    };
    if result.is_err() {
        wipe(out.split_at_mut(start).1);
        out.truncate(start);
    }
    result
}

struct Encoder<'o> {
    out: &'o mut Vec<u8>,
    options: Options,
    /// How many more containers may begin inside the open ones.
    levels: usize,
    next: Next,
    /// Whether a part was begun and, after an error, not finished.
    torn: bool,
}

/// What text or bytes are to become.
#[derive(Clone, Copy, PartialEq)]
enum Next {
    Data,
    /// Text is an atom.
    Atom,
    /// Bytes are a term.
    Encoded,
}

impl Encoder<'_> {
    fn enter(&mut self) -> Result<(), Error> {
        self.levels = self.levels.checked_sub(1).ok_or(EncodeError::TooDeep)?;
        Ok(())
    }

    fn leave(&mut self) {
        self.levels = self.levels.saturating_add(1);
    }

    /// Notes an error in a part of a container: its Serialize may not pass it on.
    #[inline]
    fn part(&mut self, result: Result<(), Error>) -> Result<(), Error> {
        self.torn |= result.is_err();
        result
    }

    fn atom(&mut self, name: &str) -> Result<(), Error> {
        Ok(writer::atom(self.out, name)?)
    }

    fn float(&mut self, value: f64) -> Result<(), Error> {
        if !value.is_finite() {
            return Err(Error::data("a term has no float that is infinite or not a number"));
        }
        writer::float(self.out, value);
        Ok(())
    }

    fn encoded(&mut self, term: &[u8]) -> Result<(), Error> {
        let limits = Limits::new().size(usize::MAX).depth(self.levels);
        let body = check(term, limits).map_err(|error| match error {
            DecodeError::Limit => Error::from(EncodeError::TooDeep),
            error => error.into(),
        })?;
        self.out.extend_from_slice(&body);
        Ok(())
    }

    fn marked<T: Serialize + ?Sized>(&mut self, next: Next, value: &T) -> Result<(), Error> {
        self.next = next;
        let result = value.serialize(&mut *self);
        self.next = Next::Data;
        result
    }

    /// `{:tag, ...}` with so many elements in all.
    fn tagged(&mut self, tag: &str, arity: usize) -> Result<(), Error> {
        self.enter()?;
        writer::tuple(self.out, arity)?;
        self.atom(tag)
    }
}

macro_rules! integers {
    ($($method:ident($type:ty) => $write:ident($as:ty);)*) => {$(
        fn $method(self, value: $type) -> Result<(), Error> {
            writer::$write(self.out, <$as>::from(value));
            Ok(())
        }
    )*};
}

impl<'e, 'o> ser::Serializer for &'e mut Encoder<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'e, 'o>;
    type SerializeTuple = Tuple<'e, 'o>;
    type SerializeTupleStruct = Tuple<'e, 'o>;
    type SerializeTupleVariant = Tuple<'e, 'o>;
    type SerializeMap = Map<'e, 'o>;
    type SerializeStruct = Fields<'e, 'o>;
    type SerializeStructVariant = Fields<'e, 'o>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.atom(if value { "true" } else { "false" })
    }

    integers! {
        serialize_i8(i8) => integer(i64);
        serialize_i16(i16) => integer(i64);
        serialize_i32(i32) => integer(i64);
        serialize_i64(i64) => integer(i64);
        serialize_i128(i128) => i128(i128);
        serialize_u8(u8) => integer(i64);
        serialize_u16(u16) => integer(i64);
        serialize_u32(u32) => integer(i64);
        serialize_u64(u64) => u128(u128);
        serialize_u128(u128) => u128(u128);
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.float(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.float(value)
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        match self.next {
            Next::Atom => self.atom(value),
            Next::Data | Next::Encoded => Ok(writer::binary(self.out, value.as_bytes())?),
        }
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        if self.next == Next::Encoded {
            return self.encoded(value);
        }
        Ok(writer::binary(self.out, value)?)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.atom("nil")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.atom(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        match name {
            names::ATOM => self.marked(Next::Atom, value),
            names::ENCODED => self.marked(Next::Encoded, value),
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.tagged(variant, 2)?;
        value.serialize(&mut *self)?;
        self.leave();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'e, 'o>, Error> {
        List::begin(self)
    }

    fn serialize_tuple(self, len: usize) -> Result<Tuple<'e, 'o>, Error> {
        self.enter()?;
        writer::tuple(self.out, len)?;
        Ok(Tuple::of(self, len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Tuple<'e, 'o>, Error> {
        self.serialize_tuple(len)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Tuple<'e, 'o>, Error> {
        self.tagged(variant, len.saturating_add(1))?;
        Ok(Tuple::of(self, len))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'e, 'o>, Error> {
        Map::begin(self)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'e, 'o>, Error> {
        Fields::begin(self, false)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'e, 'o>, Error> {
        self.tagged(variant, 2)?;
        Fields::begin(self, true)
    }

    /// Prints straight into the binary.
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        if self.next == Next::Atom {
            return self.serialize_str(&value.to_string());
        }
        let start = self.out.len();
        writer::binary(self.out, &[])?;
        let text = self.out.len();
        write!(Text(self.out), "{value}")
            .map_err(|_| Error::data("the type's Display refused the value"))?;
        let length = self.out.len().saturating_sub(text);
        set_length(self.out, start, length)
    }

    /// Dates, addresses and identifiers are text in Elixir too.
    fn is_human_readable(&self) -> bool {
        // A term that is handed over encoded has to choose: see `terms`.
        self.next != Next::Encoded
    }
}

struct Text<'o>(&'o mut Vec<u8>);

impl Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Sets the four bytes behind the tag at `start`.
fn set_length(out: &mut [u8], start: usize, length: usize) -> Result<(), Error> {
    let length = u32::try_from(length).map_err(|_| EncodeError::TooLarge)?;
    if let Some(field) = out.get_mut(start..).and_then(|term| term.get_mut(1..5)) {
        field.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}
