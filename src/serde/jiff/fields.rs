//! The maps that Elixir's calendar structs are.

use core::{fmt, marker::PhantomData};

use ::serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny, MapAccess, Unexpected, Visitor},
    ser::SerializeMap,
};

use super::{super::names, Elixir};

const CALENDAR: &str = "Elixir.Calendar.ISO";

/// What the four structs consist of.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) day: Option<Day>,
    pub(super) clock: Option<Clock>,
    pub(super) zone: Option<Zone>,
}

pub(super) struct Day {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
}

pub(super) struct Clock {
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// The microseconds, and how many of their six digits count.
    pub(super) microsecond: (i64, i64),
}

/// Seconds east of UTC: in winter, and what summer adds.
pub(super) struct Zone {
    pub(super) utc_offset: i64,
    pub(super) std_offset: i64,
}

/// A value of `T`, as its struct.
pub(super) struct Struct<T>(pub(super) T);

impl<T: Elixir> Serialize for Struct<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self.0, serializer)
    }
}

impl<'de, T: Elixir> Deserialize<'de> for Struct<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer).map(Self)
    }
}

/// The keys are atoms, whatever those of the structs around it; in the order of the keys.
pub(super) fn write<T: Elixir, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let Fields { day, clock, zone } = value.to_fields();
    let (days, clocks, zones) = (day.iter().len(), clock.iter().len(), zone.iter().len());
    let zone_fields = zones.saturating_mul(4);
    let count = days.saturating_mul(3).saturating_add(clocks.saturating_mul(4));
    let mut map =
        serializer.serialize_map(Some(count.saturating_add(zone_fields).saturating_add(2)))?;
    map.serialize_entry(&Atom("__struct__"), &Atom(T::MODULE))?;
    map.serialize_entry(&Atom("calendar"), &Atom(CALENDAR))?;
    if let Some(day) = &day {
        map.serialize_entry(&Atom("day"), &day.day)?;
    }
    if let Some(clock) = &clock {
        map.serialize_entry(&Atom("hour"), &clock.hour)?;
        map.serialize_entry(&Atom("microsecond"), &clock.microsecond)?;
        map.serialize_entry(&Atom("minute"), &clock.minute)?;
    }
    if let Some(day) = &day {
        map.serialize_entry(&Atom("month"), &day.month)?;
    }
    if let Some(clock) = &clock {
        map.serialize_entry(&Atom("second"), &clock.second)?;
    }
    if let Some(zone) = &zone {
        map.serialize_entry(&Atom("std_offset"), &zone.std_offset)?;
        map.serialize_entry(&Atom("time_zone"), "Etc/UTC")?;
        map.serialize_entry(&Atom("utc_offset"), &zone.utc_offset)?;
    }
    if let Some(day) = &day {
        map.serialize_entry(&Atom("year"), &day.year)?;
    }
    if zone.is_some() {
        map.serialize_entry(&Atom("zone_abbr"), "UTC")?;
    }
    map.end()
}

struct Atom(&'static str);

impl Serialize for Atom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(names::ATOM, self.0)
    }
}

/// Fields of another name are passed over, as they are in any struct.
const FIELDS: &[&str] = &[
    "__struct__",
    "calendar",
    "day",
    "hour",
    "microsecond",
    "minute",
    "month",
    "second",
    "std_offset",
    "utc_offset",
    "year",
];

pub(super) fn read<'de, T: Elixir, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    // The module's name is among the fields, so it is not passed over.
    deserializer.deserialize_struct("", FIELDS, StructVisitor(PhantomData))
}

struct StructVisitor<T>(PhantomData<T>);

impl<'de, T: Elixir> Visitor<'de> for StructVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = T::MODULE.trim_start_matches("Elixir.");
        write!(f, "a {name} of Elixir")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let (mut is_struct, mut is_iso) = (false, false);
        let (mut year, mut month, mut day) = (None, None, None);
        let (mut hour, mut minute, mut second, mut microsecond) = (None, None, None, None);
        let (mut utc_offset, mut std_offset) = (None, None);
        while let Some(Field(field)) = map.next_key()? {
            match field {
                "__struct__" => is_struct = map.next_value_seed(Is(T::MODULE))?,
                "calendar" => is_iso = map.next_value_seed(Is(CALENDAR))?,
                "year" => year = Some(map.next_value()?),
                "month" => month = Some(map.next_value()?),
                "day" => day = Some(map.next_value()?),
                "hour" => hour = Some(map.next_value()?),
                "minute" => minute = Some(map.next_value()?),
                "second" => second = Some(map.next_value()?),
                "microsecond" => microsecond = Some(map.next_value()?),
                "utc_offset" => utc_offset = Some(map.next_value()?),
                "std_offset" => std_offset = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let of_day = || Some(Day { year: year?, month: month?, day: day? });
        let of_clock = || {
            Some(Clock { hour: hour?, minute: minute?, second: second?, microsecond: microsecond? })
        };
        let of_zone = || Some(Zone { utc_offset: utc_offset?, std_offset: std_offset? });
        let fields = Fields { day: of_day(), clock: of_clock(), zone: of_zone() };
        let value = if is_struct && is_iso { T::from_fields(&fields) } else { None };
        value.ok_or_else(|| de::Error::invalid_value(Unexpected::Map, &self))
    }
}

/// One of [`FIELDS`], or the empty string.
struct Field(&'static str);

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(FieldVisitor)
    }
}

struct FieldVisitor;

impl Visitor<'_> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Field, E> {
        Ok(Field(FIELDS.iter().find(|field| **field == name).copied().unwrap_or_default()))
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<Field, E> {
        Ok(Field(""))
    }
}

/// Whether a value is the atom of that name.
struct Is(&'static str);

impl<'de> de::DeserializeSeed<'de> for Is {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_newtype_struct(names::ATOM, self)
    }
}

impl<'de> Visitor<'de> for Is {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the atom {}", self.0)
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<bool, D::Error> {
        inner.deserialize_str(self)
    }
}
