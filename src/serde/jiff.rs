//! Elixir's `Date`, `Time`, `NaiveDateTime` and `DateTime` as the types of the crate `jiff`.
//!
//! | module, for `#[serde(with = "..")]` | Rust | Elixir |
//! | --- | --- | --- |
//! | `phoenix_token::serde::jiff::date` | [`civil::Date`] | `Date` |
//! | `phoenix_token::serde::jiff::time` | [`civil::Time`] | `Time` |
//! | `phoenix_token::serde::jiff::naive_date_time` | [`civil::DateTime`] | `NaiveDateTime` |
//! | `phoenix_token::serde::jiff::date_time` | [`Timestamp`] | `DateTime` |
//!
//! In each a module `optional` does the same for an `Option`, with `nil`.
//!
//! What is written are the maps that these structs are, with `Calendar.ISO`. Elixir counts
//! microseconds: nanoseconds are cut off, as `DateTime.from_unix(_, :nanosecond)` does. The precision
//! is 0 for whole seconds and else 6, the two that Ecto's types take. A `DateTime` is written in UTC
//! and read in any time zone as the moment it stands for; another calendar does not fit.
//!
//! # Example
//! ```
//! use jiff::{Timestamp, civil::{self, date}};
//! use phoenix_token::{serde, term::Term};
//!
//! #[derive(::serde::Serialize, ::serde::Deserialize)]
//! struct Account {
//!     #[serde(with = "phoenix_token::serde::jiff::date")]
//!     born: civil::Date,
//!     #[serde(with = "phoenix_token::serde::jiff::date_time::optional")]
//!     confirmed_at: Option<Timestamp>,
//! }
//!
//! let account = Account { born: date(1815, 12, 10), confirmed_at: None };
//! let term = serde::to_term(&account)?;
//! let born = term.as_map().and_then(|account| account.get_atom("born"));
//! assert_eq!(born.map(Term::to_string).as_deref(), Some("~D[1815-12-10]"));
//! # Ok::<(), serde::Error>(())
//! ```

mod fields;

use ::jiff::{Timestamp, civil, tz::Offset};
use ::serde::{Deserialize, Deserializer, Serialize, Serializer};

use self::fields::{Clock, Day, Fields, Zone};

/// A type with a struct of Elixir's to stand for it.
trait Elixir: Sized {
    /// The atom in `__struct__`.
    const MODULE: &'static str;

    fn to_fields(&self) -> Fields;

    /// `None` where there is no such date or time.
    fn from_fields(fields: &Fields) -> Option<Self>;
}

macro_rules! with_modules {
    ($($(#[$doc:meta])* $module:ident for $type:ty;)*) => {$(
        $(#[$doc])*
        pub mod $module {
            use super::*;

            /// Writes the struct.
            ///
            /// # Errors
            /// None but the serializer's own.
            pub fn serialize<S: Serializer>(value: &$type, serializer: S) -> Result<S::Ok, S::Error> {
                fields::write(value, serializer)
            }

            /// Reads the struct.
            ///
            /// # Errors
            /// Anything else, and what has no place in the type, is refused.
            pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$type, D::Error> {
                fields::read(deserializer)
            }

            /// The same, or `nil`.
            pub mod optional {
                use super::*;

                /// Writes the struct or `nil`.
                ///
                /// # Errors
                /// None but the serializer's own.
                pub fn serialize<S: Serializer>(
                    value: &Option<$type>,
                    serializer: S,
                ) -> Result<S::Ok, S::Error> {
                    value.as_ref().map(fields::Struct).serialize(serializer)
                }

                /// Reads the struct or `nil`.
                ///
                /// # Errors
                /// Anything else, and what has no place in the type, is refused.
                pub fn deserialize<'de, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<Option<$type>, D::Error> {
                    let value = Option::<fields::Struct<$type>>::deserialize(deserializer)?;
                    Ok(value.map(|value| value.0))
                }
            }
        }
    )*};
}

with_modules! {
    /// `Date`: year, month and day.
    date for civil::Date;
    /// `Time`: a time of day.
    time for civil::Time;
    /// `NaiveDateTime`: date and time of day without a time zone.
    naive_date_time for civil::DateTime;
    /// `DateTime`: a moment, written in UTC.
    date_time for Timestamp;
}

impl Elixir for civil::Date {
    const MODULE: &'static str = "Elixir.Date";

    fn to_fields(&self) -> Fields {
        Fields { day: Some(day_of(*self)), ..Fields::default() }
    }

    fn from_fields(fields: &Fields) -> Option<Self> {
        let day = fields.day.as_ref()?;
        let month = i8::try_from(day.month).ok()?;
        Self::new(day.year.try_into().ok()?, month, day.day.try_into().ok()?).ok()
    }
}

impl Elixir for civil::Time {
    const MODULE: &'static str = "Elixir.Time";

    fn to_fields(&self) -> Fields {
        Fields { clock: Some(clock_of(*self)), ..Fields::default() }
    }

    fn from_fields(fields: &Fields) -> Option<Self> {
        let clock = fields.clock.as_ref()?;
        let (hour, minute) = (clock.hour.try_into().ok()?, clock.minute.try_into().ok()?);
        let (micros, precision) = clock.microsecond;
        if !(0..1_000_000).contains(&micros) || !(0..=6).contains(&precision) {
            return None;
        }
        let nanos = i32::try_from(micros.checked_mul(1000)?).ok()?;
        Self::new(hour, minute, clock.second.try_into().ok()?, nanos).ok()
    }
}

impl Elixir for civil::DateTime {
    const MODULE: &'static str = "Elixir.NaiveDateTime";

    fn to_fields(&self) -> Fields {
        let (day, clock) = (day_of(self.date()), clock_of(self.time()));
        Fields { day: Some(day), clock: Some(clock), zone: None }
    }

    fn from_fields(fields: &Fields) -> Option<Self> {
        let date = civil::Date::from_fields(fields)?;
        Some(Self::from_parts(date, civil::Time::from_fields(fields)?))
    }
}

impl Elixir for Timestamp {
    const MODULE: &'static str = "Elixir.DateTime";

    fn to_fields(&self) -> Fields {
        let utc = Zone { utc_offset: 0, std_offset: 0 };
        Fields { zone: Some(utc), ..Offset::UTC.to_datetime(*self).to_fields() }
    }

    fn from_fields(fields: &Fields) -> Option<Self> {
        let zone = fields.zone.as_ref()?;
        let offset = zone.utc_offset.checked_add(zone.std_offset)?;
        let offset = Offset::from_seconds(offset.try_into().ok()?).ok()?;
        offset.to_timestamp(civil::DateTime::from_fields(fields)?).ok()
    }
}

fn day_of(date: civil::Date) -> Day {
    Day { year: date.year().into(), month: date.month().into(), day: date.day().into() }
}

fn clock_of(time: civil::Time) -> Clock {
    let micros = i64::from(time.millisecond())
        .saturating_mul(1000)
        .saturating_add(time.microsecond().into());
    Clock {
        hour: time.hour().into(),
        minute: time.minute().into(),
        second: time.second().into(),
        microsecond: (micros, if micros == 0 { 0 } else { 6 }),
    }
}
