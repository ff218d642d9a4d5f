//! Lists and tuples.

use alloc::vec::Vec;

use ::serde::ser::{self, Serialize};

use super::{Encoder, Error, set_length};
use crate::{
    term::{tag, writer},
    wipe::wipe,
};

/// A list, whose length is known when it ends.
pub(super) struct List<'e, 'o> {
    encoder: &'e mut Encoder<'o>,
    start: usize,
    count: usize,
    /// Whether all elements so far are integers 0 to 255.
    bytes: bool,
}

impl<'e, 'o> List<'e, 'o> {
    pub(super) fn begin(encoder: &'e mut Encoder<'o>) -> Result<Self, Error> {
        let start = encoder.out.len();
        writer::list(encoder.out, 0)?;
        Ok(Self { encoder, start, count: 0, bytes: true })
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if self.count == 0 {
            // The empty list is no level.
            self.encoder.enter()?;
        }
        let before = self.encoder.out.len();
        value.serialize(&mut *self.encoder)?;
        self.count = self.count.saturating_add(1);
        if self.bytes {
            let element = self.encoder.out.get(before..);
            self.bytes = matches!(element, Some([tag::SMALL_INTEGER, _]));
        }
        Ok(())
    }
}

impl ser::SerializeSeq for List<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let result = self.element(value);
        self.encoder.part(result)
    }

    fn end(self) -> Result<(), Error> {
        let Self { encoder, start, count, bytes } = self;
        if count == 0 {
            encoder.out.truncate(start);
            writer::nil(encoder.out);
            return Ok(());
        }
        encoder.leave();
        match u16::try_from(count) {
            // A string has at most 65 535.
            Ok(count) if bytes => pack(encoder.out, start, count),
            _ => {
                set_length(encoder.out, start, count)?;
                writer::nil(encoder.out);
            }
        }
        Ok(())
    }
}

/// Turns the list at `start`, of so many integers 0 to 255, into the bytes that OTP writes for it.
fn pack(out: &mut Vec<u8>, start: usize, count: u16) {
    const LIST_HEADER: usize = 5;
    const STRING_HEADER: usize = 3;
    let [high, low] = count.to_be_bytes();
    let header = out.get_mut(start..).and_then(|list| list.first_chunk_mut::<STRING_HEADER>());
    if let Some(header) = header {
        *header = [tag::STRING, high, low];
    }
    // Each integer is its tag and its value.
    let values = (start.saturating_add(LIST_HEADER).saturating_add(1)..).step_by(2);
    let packed = start.saturating_add(STRING_HEADER)..;
    for (from, to) in values.zip(packed).take(usize::from(count)) {
        let value = out.get(from).copied().unwrap_or_default();
        if let Some(place) = out.get_mut(to) {
            *place = value;
        }
    }
    // The bytes once more, which may be about to be encrypted.
    let end = start.saturating_add(STRING_HEADER).saturating_add(usize::from(count));
    wipe(out.split_at_mut(end).1);
    out.truncate(end);
}

/// A tuple, whose size was announced.
pub(super) struct Tuple<'e, 'o> {
    encoder: &'e mut Encoder<'o>,
    left: usize,
}

impl<'e, 'o> Tuple<'e, 'o> {
    /// One whose tag, if any, is already written.
    pub(super) fn of(encoder: &'e mut Encoder<'o>, left: usize) -> Self {
        Self { encoder, left }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.left = self.left.checked_sub(1).ok_or_else(wrong_size)?;
        let result = value.serialize(&mut *self.encoder);
        self.encoder.part(result)
    }

    fn finish(self) -> Result<(), Error> {
        self.encoder.leave();
        if self.left == 0 { Ok(()) } else { Err(wrong_size()) }
    }
}

fn wrong_size() -> Error {
    Error::data("a tuple whose Serialize announces another number of elements than it writes")
}

impl ser::SerializeTuple for Tuple<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeTupleStruct for Tuple<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}

impl ser::SerializeTupleVariant for Tuple<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.element(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish()
    }
}
