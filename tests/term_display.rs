//! Terms as Elixir's `inspect` prints them: by a table, and against an Elixir, where there is one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "../src/bin/phoenix-token/vectors/hex.rs"]
#[allow(dead_code, unreachable_pub, clippy::expect_used, reason = "shared with other tests")]
mod hex;
#[path = "common/terms.rs"]
mod terms;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use phoenix_token::term::{Bitstring, Float, Integer, Term};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

fn atom(name: &str) -> Term {
    Term::atom(name.to_owned()).unwrap()
}

fn float(value: f64) -> Term {
    Term::from(Float::new(value).unwrap())
}

fn structure(module: &str, fields: &[(&str, Term)]) -> Term {
    let name = (atom("__struct__"), atom(module));
    Term::map(fields.iter().map(|(key, value)| (atom(key), value.clone())).chain([name]))
}

#[track_caller]
fn assert_prints(cases: &[(Term, &str)]) {
    for (term, text) in cases {
        assert_eq!(term.to_string(), *text);
    }
}

#[test]
fn atoms() {
    assert_prints(&[
        (Term::NIL, "nil"),
        (true.into(), "true"),
        (atom("ok"), ":ok"),
        (atom("valid?"), ":valid?"),
        (atom("node@host"), ":node@host"),
        (atom("Foo"), ":Foo"),
        (atom("Elixir.Foo.Bar_1"), "Foo.Bar_1"),
        (atom("Elixir"), "Elixir"),
        (atom("Elixir.Elixir"), "Elixir.Elixir"),
        (atom("Elixir.Elixir.Foo"), "Elixir.Elixir.Foo"),
        (atom("Elixir.foo"), r#":"Elixir.foo""#),
        (atom("Elixir."), r#":"Elixir.""#),
        (atom(""), r#":"""#),
        (atom("two words"), r#":"two words""#),
        (atom("foo?bar"), r#":"foo?bar""#),
        (atom("1a"), r#":"1a""#),
        (atom("é"), ":é"),
        (atom("=="), ":=="),
        (atom("%{}"), ":%{}"),
        (atom("::"), r#":"::""#),
        (atom("a\u{80}\u{1}\0"), r#":"a\u0080\x01\0""#),
    ]);
}

#[test]
fn numbers() {
    assert_prints(&[
        ((-42).into(), "-42"),
        (u128::MAX.into(), "340282366920938463463374607431768211455"),
        (float(1.0), "1.0"),
        (float(-0.0), "-0.0"),
        (float(0.1), "0.1"),
        (float(0.0001), "0.0001"),
        (float(0.00015), "1.5e-4"),
        (float(0.00001), "1.0e-5"),
        (float(100000.0), "100000.0"),
        (float(1.0e15), "1000000000000000.0"),
        (float(1.0e16), "1.0e16"),
        (float(123456789012345680.0), "1.2345678901234568e17"),
        (float(1234567.891), "1234567.891"),
        (float(2_f64.powi(49) + 0.25), "562949953421312.2"),
        (float(f64::MAX), "1.7976931348623157e308"),
        (float(5.0e-324), "5.0e-324"),
    ]);
}

#[test]
fn large_integers_are_hexadecimal_beyond_8192_bits() {
    let integer = |text: &str| Term::from(text.parse::<Integer>().unwrap());
    let largest = integer(&format!("0x{}", "f".repeat(2048))).to_string();
    assert!(largest.len() == 2467 && largest.bytes().all(|digit| digit.is_ascii_digit()));
    assert_eq!(integer(&largest).to_string(), largest);
    let beyond = format!("-0x1{}", "0".repeat(2048));
    assert_eq!(integer(&beyond).to_string(), beyond);
    let largest = format!("0x{}", "f".repeat(65_535 * 16));
    assert_eq!(integer(&largest).to_string(), largest);
}

#[test]
fn text_that_is_no_integer() {
    use phoenix_token::term::IntegerError::{Range, Syntax};
    for text in ["", "-", "+", "0x", "1_000", " 1", "1.0", "0xg", "--1", "0x-1"] {
        assert_eq!(text.parse::<Integer>(), Err(Syntax), "{text}");
    }
    assert_eq!("9".repeat(2467).parse::<Integer>(), Err(Range));
    assert_eq!("9".repeat(20_000_000).parse::<Integer>(), Err(Range));
    assert_eq!(format!("0x{}", "f".repeat(65_535 * 16 + 1)).parse::<Integer>(), Err(Range));
    assert_eq!(format!("0x{}", "f".repeat(2_000_000)).parse::<Integer>(), Err(Range));
    assert_eq!(format!("+{}7", "0".repeat(10_000)).parse::<Integer>(), Ok(7.into()));
}

#[test]
fn binaries() {
    assert_prints(&[
        ("".into(), r#""""#),
        ("Ada \"A\" #{1} #1 \\ '".into(), r#""Ada \"A\" \#{1} #1 \\ '""#),
        ("\u{7}\u{8}\t\n\u{b}\u{c}\r\u{1b}\u{7f}".into(), r#""\a\b\t\n\v\f\r\e\d""#),
        ("日本".into(), r#""日本""#),
        ("a\u{202e}\u{feff}\u{a0}".into(), r#""a\u202E\uFEFF\u00A0""#),
        (Term::binary([1, 2]), "<<1, 2>>"),
        (Term::binary(*b"abc\0"), "<<97, 98, 99, 0>>"),
        (Term::from(Bitstring::new([1, 2, 0b1011_0000], 4).unwrap()), "<<1, 2, 11::size(4)>>"),
        (Term::from(Bitstring::new([0x80], 1).unwrap()), "<<1::size(1)>>"),
    ]);
}

#[test]
fn lists_and_tuples() {
    assert_prints(&[
        (Term::list([]), "[]"),
        (Term::tuple([]), "{}"),
        (Term::charlist("abc"), r#"~c"abc""#),
        (Term::charlist("\"'\n"), r#"~c"\"'\n""#),
        (Term::byte_list([127]), "[127]"),
        (Term::list([1.into(), "a".into()]), r#"[1, "a"]"#),
        (Term::list_with_tail([1.into(), 2.into()], 3.into()), "[1, 2 | 3]"),
        (Term::tuple([1.into(), Term::tuple([2.into()])]), "{1, {2}}"),
        (Term::list([Term::tuple([atom("a"), 1.into()])]), "[a: 1]"),
        (
            Term::list([
                Term::tuple([atom("a b"), 1.into()]),
                Term::tuple([atom("nil"), Term::list([])]),
                Term::tuple([atom("Elixir"), 1.into()]),
            ]),
            r#"["a b": 1, nil: [], "Elixir": 1]"#,
        ),
        (
            Term::list([
                Term::tuple([atom("a"), 1.into()]),
                Term::tuple([atom("Elixir.Foo"), 2.into()]),
            ]),
            "[{:a, 1}, {Foo, 2}]",
        ),
        (Term::list([Term::tuple([atom("a")])]), "[{:a}]"),
    ]);
}

#[test]
fn maps_and_structs() {
    let pair = |key: Term| Term::map([(key, 1.into()), (atom("a"), 2.into())]);
    assert_prints(&[
        (Term::map([]), "%{}"),
        (pair(atom("b")), "%{a: 2, b: 1}"),
        (pair("b".into()), r#"%{:a => 2, "b" => 1}"#),
        (pair(atom("Elixir.Foo")), "%{Foo => 1, :a => 2}"),
        (pair(Term::map([])), "%{:a => 2, %{} => 1}"),
        (structure("Elixir.My.User", &[("id", 1.into())]), "%My.User{id: 1}"),
        (structure("Elixir.Foo", &[]), "%Foo{}"),
        (structure("foo", &[("a", 1.into()), ("z", 2.into())]), "%:foo{a: 1, z: 2}"),
        (structure("nil", &[("a", 1.into())]), "%{__struct__: nil, a: 1}"),
        (
            Term::map([(atom("__struct__"), atom("Elixir.Foo")), (1.into(), 2.into())]),
            "%{1 => 2, :__struct__ => Foo}",
        ),
        (Term::map([(atom("__struct__"), 1.into())]), "%{__struct__: 1}"),
    ]);
}

#[test]
fn dates_and_times() {
    let iso = ("calendar", atom("Elixir.Calendar.ISO"));
    let date = |year: i64| {
        vec![("year", year.into()), ("month", 2.into()), ("day", 3.into()), iso.clone()]
    };
    let time = |micros: i64, digits: i64| {
        let microsecond = Term::tuple([micros.into(), digits.into()]);
        vec![
            ("hour", 4.into()),
            ("minute", 5.into()),
            ("second", 6.into()),
            ("microsecond", microsecond),
            iso.clone(),
        ]
    };
    let both = |micros, digits| [date(2020), time(micros, digits)].concat();
    let zoned = |zone: &str, abbreviation: &str, offset: i64| {
        let zone = [
            ("time_zone", zone.into()),
            ("zone_abbr", abbreviation.into()),
            ("utc_offset", offset.into()),
            ("std_offset", 0.into()),
        ];
        [both(0, 0), zone.to_vec()].concat()
    };
    assert_prints(&[
        (structure("Elixir.Date", &date(2020)), "~D[2020-02-03]"),
        (structure("Elixir.Date", &date(-5)), "~D[-0005-02-03]"),
        (structure("Elixir.Date", &date(0)), "~D[0000-02-03]"),
        (structure("Elixir.Time", &time(0, 0)), "~T[04:05:06]"),
        (structure("Elixir.Time", &time(100, 6)), "~T[04:05:06.000100]"),
        (structure("Elixir.Time", &time(120_000, 2)), "~T[04:05:06.12]"),
        (structure("Elixir.NaiveDateTime", &both(0, 3)), "~N[2020-02-03 04:05:06.000]"),
        (structure("Elixir.DateTime", &zoned("Etc/UTC", "UTC", 0)), "~U[2020-02-03 04:05:06Z]"),
    ]);
    // What is no date in the ISO calendar, or has more to it, is printed as any struct.
    for (zone, abbreviation, offset) in [
        ("Europe/Warsaw", "CET", 3600),
        ("Africa/Abidjan", "UTC", 0),
        ("Etc/UTC", "GMT", 0),
        ("Etc/UTC", "UTC", 3600),
    ] {
        let elsewhere = structure("Elixir.DateTime", &zoned(zone, abbreviation, offset));
        assert!(elsewhere.to_string().starts_with("%DateTime{calendar: Calendar.ISO, day: 3, "));
    }
    let wrong = structure("Elixir.Date", &[date(20_000), vec![]].concat());
    assert!(wrong.to_string().starts_with("%Date{"));
    let more = structure("Elixir.Date", &[date(2020), vec![("more", 1.into())]].concat());
    assert!(more.to_string().starts_with("%Date{"));
}

#[test]
fn pids_and_references() {
    let pid = Term::decode(&[131, 88, 119, 1, b'n', 0, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0, 1]);
    let reference =
        Term::decode(&[131, 90, 0, 2, 119, 1, b'n', 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 7]);
    assert_prints(&[(pid.unwrap(), "#PID<0.5.7>"), (reference.unwrap(), "#Reference<0.7.5>")]);
}

/// Prints a line that is shown also when the test passes.
fn say(line: &str) {
    // `println!` would be captured by the test harness.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Lines of hexadecimal terms in, lines of hexadecimal text out.
const INSPECT: &str = r#"
    for line <- IO.stream(:stdio, :line) do
      term = line |> String.trim() |> Base.decode16!(case: :lower) |> :erlang.binary_to_term()
      opts = [limit: :infinity, printable_limit: :infinity, width: :infinity]
      IO.puts(term |> inspect(opts) |> Base.encode16(case: :lower))
    end
"#;

const TERMS: usize = 3000;

#[test]
fn elixir_prints_the_same() {
    let mut runner = TestRunner::deterministic();
    let strategy = prop_oneof![terms::term(), terms::scalar(), terms::float()];
    let terms = std::iter::repeat_with(|| strategy.new_tree(&mut runner).unwrap().current());
    let terms: Vec<_> = terms.filter(is_printed_alike).take(TERMS).collect();
    let lines: String =
        terms.iter().map(|term| hex::encode(&term.encode().unwrap()) + "\n").collect();
    let texts = match inspect(lines) {
        Ok(texts) => texts,
        Err(error) => {
            let required =
                std::env::var_os("PHOENIX_TOKEN_REQUIRE_OTP").is_some_and(|set| set == "1");
            assert!(!required, "no elixir: {error}");
            return say(&format!("no elixir, inspect was not compared: {error}"));
        }
    };
    assert_eq!(texts.lines().count(), TERMS);
    for (term, text) in terms.iter().zip(texts.lines()) {
        assert_eq!(term.to_string(), String::from_utf8(hex::decode(text).unwrap()).unwrap());
    }
    say(&format!("Elixir prints {TERMS} terms as they are printed here"));
}

/// Whether older releases of Elixir print it, and the same: charlists are `~c""` since 1.15 only,
/// 1.14 escapes few invisible characters, what is an identifier beyond ASCII is Unicode's to say, and
/// OTP up to 26 has no -0.0 beside 0.0.
fn is_printed_alike(term: &Term) -> bool {
    let text = term.to_string();
    let differ = ["~c\"", "#PID<", "#Reference<", "__struct__", "-0.0"];
    text.is_ascii()
        && !differ.iter().any(|differ| text.contains(differ))
        && !text.contains("\\u")
        && !text.contains("%:")
        && text.len() < 4000
}

fn inspect(lines: String) -> std::io::Result<String> {
    let mut elixir = Command::new("elixir")
        .args(["-e", INSPECT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = elixir.stdin.take().unwrap();
    let writing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = elixir.wait_with_output()?;
    writing.join().unwrap()?;
    Ok(String::from_utf8(output.stdout).unwrap())
}
