//! Elixir's dates and times as jiff's, the structs judged by a real Elixir where there is one.

use std::{fmt::Debug, process::Command};

use ::jiff::{Timestamp, civil};
use phoenix_token::{
    serde::{Options, from_term, to_term, to_vec, to_vec_with},
    term::Term,
};
use serde::{
    Deserialize, Serialize,
    de::value::{self, MapDeserializer},
};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Date(#[serde(with = "phoenix_token::serde::jiff::date")] civil::Date);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Time(#[serde(with = "phoenix_token::serde::jiff::time")] civil::Time);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Naive(#[serde(with = "phoenix_token::serde::jiff::naive_date_time")] civil::DateTime);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Moment(#[serde(with = "phoenix_token::serde::jiff::date_time")] Timestamp);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Maybe {
    #[serde(with = "phoenix_token::serde::jiff::date::optional")]
    date: Option<civil::Date>,
    #[serde(with = "phoenix_token::serde::jiff::date_time::optional")]
    at: Option<Timestamp>,
}

fn date(text: &str) -> Date {
    Date(text.parse().unwrap())
}

fn time(text: &str) -> Time {
    Time(text.parse().unwrap())
}

fn naive(text: &str) -> Naive {
    Naive(text.parse().unwrap())
}

fn moment(text: &str) -> Moment {
    Moment(text.parse().unwrap())
}

fn atom(name: &str) -> Term {
    Term::atom(name.to_string()).unwrap()
}

/// With one field of the struct replaced.
fn with(term: &Term, field: &str, value: impl Into<Term>) -> Term {
    let Term::Map(mut map) = term.clone() else { panic!("{term:?} is no map") };
    map.insert(atom(field), value.into());
    Term::Map(map)
}

fn without(term: &Term, field: &str) -> Term {
    let Term::Map(mut map) = term.clone() else { panic!("{term:?} is no map") };
    map.remove(&atom(field));
    Term::Map(map)
}

#[track_caller]
fn refuses<T: for<'de> Deserialize<'de> + Debug>(term: &Term, expected: &str) {
    assert_eq!(
        from_term::<T>(term).unwrap_err().to_string(),
        format!(
            "the data does not fit: expected a {expected} of Elixir, found a map that does not fit"
        )
    );
}

/// What is written, and what it is in Elixir.
fn written() -> Vec<(Vec<u8>, &'static str)> {
    let maybe = Maybe { date: Some(civil::date(2026, 1, 2)), at: None };
    vec![
        (to_vec(&date("2026-01-02")).unwrap(), "~D[2026-01-02]"),
        (to_vec(&date("-009999-01-01")).unwrap(), "Date.new!(-9999, 1, 1)"),
        (to_vec(&date("9999-12-31")).unwrap(), "~D[9999-12-31]"),
        (to_vec(&time("23:59:59")).unwrap(), "~T[23:59:59]"),
        (to_vec(&time("00:00:00.000001")).unwrap(), "~T[00:00:00.000001]"),
        (to_vec(&time("12:30:00.25")).unwrap(), "~T[12:30:00.250000]"),
        (to_vec(&time("12:30:00.123456789")).unwrap(), "~T[12:30:00.123456]"),
        (to_vec(&naive("2024-02-29T01:02:03")).unwrap(), "~N[2024-02-29 01:02:03]"),
        (to_vec(&naive("2024-02-29T01:02:03.5")).unwrap(), "~N[2024-02-29 01:02:03.500000]"),
        (to_vec(&moment("2026-01-02T03:04:05Z")).unwrap(), "~U[2026-01-02 03:04:05Z]"),
        (to_vec(&moment("1969-12-31T23:59:59.9Z")).unwrap(), "~U[1969-12-31 23:59:59.900000Z]"),
        (to_vec_with(&date("2026-01-02"), Options::new().binary_keys()).unwrap(), "~D[2026-01-02]"),
        (to_vec(&maybe).unwrap(), "%{date: ~D[2026-01-02], at: nil}"),
    ]
}

#[test]
fn a_value_comes_back() {
    for value in [date("2026-01-02"), date("-009999-01-01"), date("9999-12-31")] {
        assert_eq!(from_term(&to_term(&value).unwrap()), Ok(value));
    }
    for value in [time("00:00:00"), time("23:59:59.999999"), time("01:02:03.000004")] {
        assert_eq!(from_term(&to_term(&value).unwrap()), Ok(value));
    }
    for value in [naive("2024-02-29T01:02:03"), naive("-000001-12-31T23:59:59.999999")] {
        assert_eq!(from_term(&to_term(&value).unwrap()), Ok(value));
    }
    for value in [moment("2026-01-02T03:04:05.000006Z"), moment("-009000-01-01T00:00:00Z")] {
        assert_eq!(from_term(&to_term(&value).unwrap()), Ok(value));
    }
    for at in [None, Some(moment("2026-01-02T03:04:05Z").0)] {
        let value = Maybe { date: at.map(|_| civil::date(1, 2, 3)), at };
        assert_eq!(from_term(&to_term(&value).unwrap()), Ok(value));
    }
}

#[test]
fn the_maps_are_those_of_elixirs_structs() {
    let second = Term::tuple([Term::from(0), Term::from(0)]);
    let naive = Term::map([
        (atom("__struct__"), atom("Elixir.NaiveDateTime")),
        (atom("calendar"), atom("Elixir.Calendar.ISO")),
        (atom("year"), 2026.into()),
        (atom("month"), 1.into()),
        (atom("day"), 2.into()),
        (atom("hour"), 3.into()),
        (atom("minute"), 4.into()),
        (atom("second"), 5.into()),
        (atom("microsecond"), second),
    ]);
    assert_eq!(to_term(&self::naive("2026-01-02T03:04:05")), Ok(naive.clone()));
    let moment = [
        ("__struct__", atom("Elixir.DateTime")),
        ("utc_offset", 0.into()),
        ("std_offset", 0.into()),
        ("zone_abbr", "UTC".into()),
        ("time_zone", "Etc/UTC".into()),
    ];
    let moment = moment.into_iter().fold(naive, |map, (field, value)| with(&map, field, value));
    assert_eq!(to_term(&self::moment("2026-01-02T03:04:05Z")), Ok(moment));
}

#[test]
fn the_bytes_have_no_need_to_be_sorted() {
    for (bytes, _) in written() {
        assert_eq!(Term::decode(&bytes).unwrap().encode().as_ref(), Ok(&bytes));
    }
}

#[test]
fn a_date_time_of_any_zone_is_the_moment_it_stands_for() {
    // ~U[2026-07-01 10:00:00.250Z] |> DateTime.shift_zone!("Europe/Warsaw")
    let warsaw = [
        ("hour", 12.into()),
        ("microsecond", Term::tuple([Term::from(250_000), Term::from(3)])),
        ("utc_offset", 3600.into()),
        ("std_offset", 3600.into()),
        ("zone_abbr", "CEST".into()),
        ("time_zone", "Europe/Warsaw".into()),
    ];
    let utc = to_term(&moment("2026-07-01T00:00:00Z")).unwrap();
    let warsaw = warsaw.into_iter().fold(utc, |map, (field, value)| with(&map, field, value));
    assert_eq!(from_term(&warsaw), Ok(moment("2026-07-01T10:00:00.25Z")));
}

#[test]
fn what_is_no_such_struct_is_refused() {
    let term = to_term(&date("2026-02-28")).unwrap();
    refuses::<Date>(&with(&term, "day", 29), "Date");
    refuses::<Date>(&with(&term, "month", 0), "Date");
    refuses::<Date>(&with(&term, "month", 257), "Date");
    refuses::<Date>(&with(&term, "year", 10_000), "Date");
    refuses::<Date>(&with(&term, "calendar", atom("Elixir.Calendar.Julian")), "Date");
    refuses::<Date>(&with(&term, "__struct__", atom("Elixir.Time")), "Date");
    for field in ["__struct__", "calendar", "year", "month", "day"] {
        refuses::<Date>(&without(&term, field), "Date");
    }
    refuses::<Time>(&term, "Time");

    let term = to_term(&moment("2026-01-02T03:04:05Z")).unwrap();
    let microsecond = |value: i64, precision: i64| Term::tuple([value.into(), precision.into()]);
    refuses::<Moment>(&with(&term, "hour", 24), "DateTime");
    refuses::<Moment>(&with(&term, "second", 60), "DateTime");
    refuses::<Moment>(&with(&term, "microsecond", microsecond(1_000_000, 6)), "DateTime");
    refuses::<Moment>(&with(&term, "microsecond", microsecond(-1, 6)), "DateTime");
    refuses::<Moment>(&with(&term, "microsecond", microsecond(0, 7)), "DateTime");
    refuses::<Moment>(&with(&term, "utc_offset", i64::MAX), "DateTime");
    refuses::<Moment>(&with(&term, "std_offset", 1_000_000), "DateTime");
    for field in ["microsecond", "utc_offset", "std_offset"] {
        refuses::<Moment>(&without(&term, field), "DateTime");
    }
    assert_eq!(
        from_term::<Date>(&"2026-01-02".into()).unwrap_err().to_string(),
        "the data does not fit: expected a Date of Elixir, found a binary"
    );
    assert_eq!(
        from_term::<Moment>(&with(&term, "hour", "3")).unwrap_err().to_string(),
        "the data does not fit: expected i64, found a binary"
    );
}

#[test]
fn what_is_expected_instead_is_named() {
    let term = to_term(&date("2026-02-28")).unwrap();
    for (field, name) in [("__struct__", "Elixir.Date"), ("calendar", "Elixir.Calendar.ISO")] {
        assert_eq!(
            from_term::<Date>(&with(&term, field, 1)).unwrap_err().to_string(),
            format!("the data does not fit: expected the atom {name}, found an integer")
        );
    }
    // Of a format whose maps may have any keys.
    let map = MapDeserializer::<_, value::Error>::new([(1_u8, 2_u8)].into_iter());
    assert_eq!(
        phoenix_token::serde::jiff::date::deserialize(map).unwrap_err().to_string(),
        "invalid type: integer `1`, expected a field"
    );
}

#[test]
fn other_formats_keep_the_fields() {
    let json = serde_json::to_string(&date("2026-01-02")).unwrap();
    assert_eq!(
        json,
        r#"{"__struct__":"Elixir.Date","calendar":"Elixir.Calendar.ISO","day":2,"month":1,"year":2026}"#
    );
    assert_eq!(serde_json::from_str::<Date>(&json).unwrap(), date("2026-01-02"));
}

#[test]
fn elixir_has_the_very_structs() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let checks: String = written()
        .iter()
        .map(|(bytes, elixir)| format!("true = same.(\"{}\", {elixir})\n", hex(bytes)))
        .collect();
    let script = format!(
        "same = fn hex, value ->
           bytes = Base.decode16!(hex, case: :lower)
           :erlang.binary_to_term(bytes) === value or raise inspect(:erlang.binary_to_term(bytes))
         end
         {checks}"
    );
    match Command::new("elixir").args(["-e", &script]).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(error) => eprintln!("skipped: no Elixir to ask ({error})"),
    }
}

#[test]
fn structs_that_elixir_wrote_are_read() {
    // :erlang.term_to_binary({~D[2026-01-02], ~T[23:59:59.120], ~U[2026-01-02 03:04:05.000006Z]})
    // of Elixir 1.14 on OTP 25.
    let hex = "836803740000000564000a5f5f7374727563745f5f64000b456c697869722e4461746564000863616c656e64\
        6172640013456c697869722e43616c656e6461722e49534f64000364617961026400056d6f6e746861016400\
        047965617262000007ea740000000664000a5f5f7374727563745f5f64000b456c697869722e54696d656400\
        0863616c656e646172640013456c697869722e43616c656e6461722e49534f640004686f7572611764000b6d\
        6963726f7365636f6e646802620001d4c061036400066d696e757465613b6400067365636f6e64613b740000\
        000d64000a5f5f7374727563745f5f64000f456c697869722e4461746554696d6564000863616c656e646172\
        640013456c697869722e43616c656e6461722e49534f6400036461796102640004686f7572610364000b6d69\
        63726f7365636f6e646802610661066400066d696e75746561046400056d6f6e746861016400067365636f6e\
        64610564000a7374645f6f6666736574610064000974696d655f7a6f6e656d000000074574632f5554436400\
        0a7574635f6f666673657461006400047965617262000007ea6400097a6f6e655f616262726d000000035554\
        43";
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let bytes: Vec<u8> = hex.as_bytes().chunks(2).map(byte).collect();
    let read: (Date, Time, Moment) = phoenix_token::serde::from_slice(&bytes).unwrap();
    assert_eq!(
        read,
        (date("2026-01-02"), time("23:59:59.12"), moment("2026-01-02T03:04:05.000006Z"))
    );
}
