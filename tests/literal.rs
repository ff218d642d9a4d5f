//! Elixir's literals, as the command reads them: by a table, by laws, and against an Elixir, where
//! there is one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "../src/bin/phoenix-token/vectors/hex.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod hex;
#[path = "../src/bin/phoenix-token/literal/mod.rs"]
mod literal;
#[path = "common/say.rs"]
#[allow(unreachable_pub, reason = "shared with other tests")]
mod say;
#[path = "common/terms.rs"]
mod terms;

use std::{
    io::Write,
    process::{Command, Stdio},
};

use literal::parse;
use phoenix_token::term::Term;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use say::say;

/// What Elixir reads and `inspect` writes otherwise, with the latter. Elixir 1.14 reads all of them.
const SPELLINGS: &[(&str, &str)] = &[
    (" 42 # the answer\n", "42"),
    ("1_000", "1000"),
    ("-0xfF", "-255"),
    ("0o17", "15"),
    ("0b1_0000_0001", "257"),
    ("0xffff_ffff_ffff_ffff_ffff", "1208925819614629174706175"),
    ("0o777777777777777777777777", "4722366482869645213695"),
    ("+1", "1"),
    ("1.0E+2", "100.0"),
    ("1_0.2_5e-1", "1.025"),
    ("?a", "97"),
    (r"?\n", "10"),
    ("?é", "233"),
    (r"{?\x, ?\u, ?\q}", "{120, 117, 113}"),
    ("{?\\\n, ?\n, ?\\\r\n}", "{10, 10, 13}"),
    ("'abc'", r#"~c"abc""#),
    (r#"~c'it"s'"#, r#"~c"it\"s""#),
    ("''", "[]"),
    (
        r#""\s\x41\u0042\u{43}\'\
x""#,
        r#"" ABC'x""#,
    ),
    (r#""\0\a\b\d\e\f\n\r\t\v""#, "<<0, 7, 8, 127, 27, 12, 10, 13, 9, 11>>"),
    (
        r"[?\a, ?\b, ?\d, ?\e, ?\f, ?\r, ?\s, ?\t, ?\v, ?\0]",
        "[7, 8, 127, 27, 12, 13, 32, 9, 11, 0]",
    ),
    (r#""\xc3\xa9""#, r#""é""#),
    (r#""\x9-\x{e9}""#, r#""\t-é""#),
    ("\"a\\\r\nb\"", r#""ab""#),
    ("'a\\\r\nb'", r#"~c"ab""#),
    ("~c\"a\\\r\nb\"", r#"~c"ab""#),
    ("[\"a\\\r\nb\": 1]", "[ab: 1]"),
    ("\"a\\\rb\r\n\"", r#""a\rb\r\n""#),
    (r#""\xff""#, "<<255>>"),
    (r#""a#b""#, r#""a#b""#),
    ("<<1, 2::4, 3::size(12)>>", "<<1, 32, 3>>"),
    ("<<1::1, 1::7>>", "<<129>>"),
    (r#"<<"ab", 0>>"#, "<<97, 98, 0>>"),
    ("<<104, 105>>", r#""hi""#),
    ("<<>>", r#""""#),
    (":'a b'", r#":"a b""#),
    (r#":"ok""#, ":ok"),
    (":nil", "nil"),
    ("[:+, :<<>>, :., :..//]", "[:+, :<<>>, :., :..//]"),
    ("[:~~~, :^^^, :^, :::, :<|>]", r#"[:"~~~", :"^^^", :^, :"::", :"<|>"]"#),
    ("%{:::=> 3, ~~~: 1, ^^^: 2}", r#"%{"::": 3, "^^^": 2, "~~~": 1}"#),
    ("Elixir.Foo", "Foo"),
    ("[Elixir, Foo.Bar_1]", "[Elixir, Foo.Bar_1]"),
    ("[1, 2,]", "[1, 2]"),
    ("{1,}", "{1}"),
    ("[1, a: 2, b: 3]", "[1, {:a, 2}, {:b, 3}]"),
    (r#"[a: 1, "b c": 2, nil: 3,]"#, r#"[a: 1, "b c": 2, nil: 3]"#),
    ("[{:a, 1} | [2]]", "[{:a, 1}, 2]"),
    ("[1 | [2 | 3]]", "[1, 2 | 3]"),
    (r#"%{:a => 1, "b" => 2, c: 3}"#, r#"%{:a => 1, :c => 3, "b" => 2}"#),
    ("%{\n  a: 1, # one\n  b: [],\n}", "%{a: 1, b: []}"),
    ("[+: 1, a?: 2, B: 3]", "[+: 1, a?: 2, B: 3]"),
    ("~N[2020-01-02T03:04:05.12]", "~N[2020-01-02 03:04:05.12]"),
    (
        "[~D[-0001-02-28], ~T[23:59:59], ~U[2024-02-29 00:00:00.000Z]]",
        "[~D[-0001-02-28], ~T[23:59:59], ~U[2024-02-29 00:00:00.000Z]]",
    ),
    ("[~D[2000-02-29], ~D[2023-04-30]]", "[~D[2000-02-29], ~D[2023-04-30]]"),
];

#[test]
fn other_spellings_are_read_as_what_inspect_writes() {
    for (text, written) in SPELLINGS {
        let term = parse(text).unwrap_or_else(|error| unreadable(text, &error.to_string()));
        assert_eq!(term.to_string(), *written, "{text}");
        assert_eq!(parse(written).as_ref(), Ok(&term), "{text}");
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "a test may panic")]
fn unreadable(text: &str, error: &str) -> Term {
    panic!("{text}: {error}")
}

/// What neither this parser nor Elixir reads, and what is said of it here.
const REFUSED: &[(&str, &str)] = &[
    ("", "line 1, column 1: expected a term, found the end"),
    ("[1 2]", "line 1, column 4: expected `,`, `|` or `]`, found '2'"),
    ("[1,\n 2", "line 2, column 3: expected `,`, `|` or `]`, found the end"),
    ("[,]", "line 1, column 2: expected a term, found ','"),
    ("{1 | 2}", "line 1, column 4: expected `,` or `}`, found '|'"),
    ("1 2", "line 1, column 3: expected nothing more after the term, found '2'"),
    ("1_", "line 1, column 3: expected a digit, found the end"),
    ("1__0", "line 1, column 3: expected a digit, found '_'"),
    ("0xg", "line 1, column 3: expected a hexadecimal digit, found 'g'"),
    ("0o8", "line 1, column 3: expected an octal digit, found '8'"),
    ("0b2", "line 1, column 3: expected a binary digit, found '2'"),
    ("1.", "line 1, column 2: expected nothing more after the term, found '.'"),
    ("Foo.bar", "line 1, column 4: expected nothing more after the term, found '.'"),
    ("-", "line 1, column 2: expected a digit, found the end"),
    ("1.0e400", "line 1, column 1: a float beyond the largest there is"),
    (
        "user",
        "line 1, column 1: expected a term (an atom is `:name`, a string `\"text\"`), found 'u'",
    ),
    (":", "line 1, column 2: expected the name of an atom, found the end"),
    (
        "é\"",
        "line 1, column 1: expected a term (an atom is `:name`, a string `\"text\"`), found 'é'",
    ),
    ("\"é", "line 1, column 1: a quote that is not closed"),
    ("[é: \"a\\", "line 1, column 8: expected a character after `\\`, found the end"),
    (r#""\u00""#, "line 1, column 6: expected a hexadecimal digit, found '\"'"),
    (r#""\xg""#, "line 1, column 4: expected a hexadecimal digit, found 'g'"),
    (r#""\x{d800}""#, "line 1, column 4: no character of Unicode"),
    (r"?\x41", "line 1, column 4: expected nothing more after the term, found '4'"),
    (r"?\u0041", "line 1, column 4: expected nothing more after the term, found '0'"),
    (r"?\u{41}", "line 1, column 4: expected nothing more after the term, found '{'"),
    (":^^", "line 1, column 3: expected nothing more after the term, found '^'"),
    (":~~", "line 1, column 2: expected the name of an atom, found '~'"),
    (r#""\u{110000}""#, "line 1, column 4: no character of Unicode"),
    (r#":"\xff""#, "line 1, column 2: escapes that make no UTF-8"),
    ("%{a: 1, :b => 2}", "line 1, column 9: expected a key such as `name:`, found ':'"),
    ("%{a:1}", "line 1, column 5: expected a space after the `:` of a key, found '1'"),
    ("%{1, 2}", "line 1, column 4: expected `=>`, found ','"),
    ("%[1]", "line 1, column 2: expected `{` or the name of a module, found '['"),
    ("[a: 1 b: 2]", "line 1, column 7: expected `,` or `]`, found 'b'"),
    ("~D[2023-02-29]", "line 1, column 1: expected a date such as ~D[2020-01-02], found '~'"),
    ("~D[1900-02-29]", "line 1, column 1: expected a date such as ~D[2020-01-02], found '~'"),
    ("~D[2023-04-31]", "line 1, column 1: expected a date such as ~D[2020-01-02], found '~'"),
    ("~D[20200-01-02]", "line 1, column 1: expected a date such as ~D[2020-01-02], found '~'"),
    ("~T[+1:00:00]", "line 1, column 1: expected a time such as ~T[03:04:05], found '~'"),
    ("~T[03:04:05.]", "line 1, column 1: expected a time such as ~T[03:04:05], found '~'"),
    ("~T[24:00:00]", "line 1, column 1: expected a time such as ~T[03:04:05], found '~'"),
    (
        "~U[2020-01-02 03:04:05]",
        "line 1, column 1: expected a date and time in UTC such as \
      ~U[2020-01-02 03:04:05Z], found '~'",
    ),
    ("#PID<0.1.2>", "line 1, column 1: a pid, a reference or a function is no literal"),
    ("<<1, >", "line 1, column 6: expected a number or a string, found '>'"),
];

#[test]
fn what_is_refused_is_told_with_its_place_and_what_was_expected() {
    for (text, told) in REFUSED {
        assert_eq!(parse(text).unwrap_err().to_string(), *told, "{text}");
    }
}

/// Elixir itself refuses `%:queue{}` unless a module of this name with a struct is loaded.
#[test]
fn a_struct_may_be_of_a_module_with_a_name_of_erlangs() {
    let term = parse("%:queue{a: 1}").unwrap();
    assert_eq!(term.to_string(), "%:queue{a: 1}");
    assert_eq!(parse("%{__struct__: :queue, a: 1}"), Ok(term));
}

/// What Elixir takes, and what would be a surprise in a token.
#[test]
fn doubtful_literals_are_refused() {
    for (text, told) in [
        ("{a: 1}", "line 1, column 2: a key in a tuple; a map is written `%{key: value}`"),
        (r#"{"a": 1}"#, "line 1, column 2: a key in a tuple; a map is written `%{key: value}`"),
        ("%{a: 1, a: 2}", "line 1, column 1: a key that stands in this map twice"),
        ("<<256>>", "line 1, column 3: a byte is a number from 0 to 255"),
        ("<<16::4>>", "line 1, column 3: a number that does not fit its size in bits"),
        (r"?\", "line 1, column 3: expected a character after `\\`, found the end"),
        ("<<1::65>>", "line 1, column 6: a size of more than 64 bits"),
        ("\"#{x}\"", "line 1, column 2: interpolation is no literal; write `\\#{`"),
    ] {
        assert_eq!(parse(text).unwrap_err().to_string(), told, "{text}");
    }
}

#[test]
fn an_integer_is_bounded_where_reading_it_takes_quadratic_time() {
    let told = parse(&"9".repeat(100_000)).unwrap_err().to_string();
    assert!(told.contains("more than 2467 digits"), "{told}");
    assert!(parse(&format!("0x{}", "f".repeat(100_000))).is_ok());
    assert!(parse(&format!("0b{}", "1".repeat(100_000))).is_ok());
}

#[test]
fn nesting_is_bounded_by_the_limit_of_tokens() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse(&nested(256)).is_ok());
    let told = parse(&nested(257)).unwrap_err().to_string();
    assert_eq!(told, "line 1, column 257: nested deeper than 256 levels");
    for opening in ["[", "{", "%{1 => ", "[a: ", "%A{a: "] {
        assert!(parse(&opening.repeat(100_000)).is_err());
    }
}

proptest! {
    #[test]
    fn what_display_writes_is_read_as_the_same_term(term in any_term()) {
        let text = term.to_string();
        prop_assume!(!text.contains("#PID<") && !text.contains("#Reference<"));
        prop_assert_eq!(parse(&text), Ok(term), "{}", text);
    }

    #[test]
    fn what_is_read_is_read_again_from_what_display_writes_of_it(text in pieces()) {
        if let Ok(term) = parse(&text) {
            prop_assert_eq!(parse(&term.to_string()), Ok(term), "{}", text);
        }
    }
}

fn any_term() -> impl Strategy<Value = Term> {
    prop_oneof![4 => terms::term(), 1 => moment(), 1 => proptest::collection::vec(moment(), 1..3).prop_map(Term::tuple)]
}

/// What sigils stand for.
fn moment() -> impl Strategy<Value = Term> {
    let atom = |name: &'static str| Term::atom(name).unwrap();
    let fields = (-9999_i64..=9999, 1_i64..=12, 1_i64..=28, 0_i64..24, 0_i64..60, 0_i64..60);
    (fields, 0_i64..1_000_000, 0_u32..=6, 0..4).prop_map(move |(fields, micros, digits, kind)| {
        let (year, month, day, hour, minute, second) = fields;
        let cut = 10_i64.pow(6 - digits);
        let date = [("year", year.into()), ("month", month.into()), ("day", day.into())];
        let microsecond = Term::tuple([(micros / cut * cut).into(), i64::from(digits).into()]);
        let time = [
            ("hour", hour.into()),
            ("minute", minute.into()),
            ("second", second.into()),
            ("microsecond", microsecond),
        ];
        let zone = [
            ("time_zone", Term::from("Etc/UTC")),
            ("zone_abbr", Term::from("UTC")),
            ("utc_offset", 0.into()),
            ("std_offset", 0.into()),
        ];
        let (module, parts): (_, Vec<&[(&str, Term)]>) = match kind {
            0 => ("Elixir.Date", vec![&date]),
            1 => ("Elixir.Time", vec![&time]),
            2 => ("Elixir.NaiveDateTime", vec![&date, &time]),
            _ => ("Elixir.DateTime", vec![&date, &time, &zone]),
        };
        let common = [("__struct__", atom(module)), ("calendar", atom("Elixir.Calendar.ISO"))];
        let all = parts.concat().into_iter().chain(common);
        Term::map(all.map(|(key, value)| (Term::atom(key.to_owned()).unwrap(), value)))
    })
}

/// Text of pieces that mean something.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(vec![
            "[", "]", "{", "}", "%{", "%", "<<", ">>", "=>", ", ", " | ", ":", ": ", "::", "~c\"", "\"",
            "'", "\\", "#", "?", "~D[2020-01-02]", "~T[", "-", "0x", "_", ".", "e", "nil", "Foo", ":a",
            "a: ", "\"b\": ", "1", "2.5", "size(", ")", " ", "\n", "é",
        ]).prop_map(str::to_owned),
        1 => ".{0,3}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Lines of hexadecimal text in; out comes what each evaluates to as a term, in hexadecimal, or
/// `refused`.
const EVALUATE: &str = r#"
    Code.compiler_options(ignore_module_conflict: true)
    for line <- IO.stream(:stdio, :line) do
      text = line |> String.trim() |> Base.decode16!(case: :lower)
      answer =
        try do
          {term, _} = Code.eval_string(text)
          term |> :erlang.term_to_binary() |> Base.encode16(case: :lower)
        rescue
          _ -> "refused"
        end
      IO.puts(answer)
    end
"#;

const TERMS: usize = 2000;

#[test]
fn elixir_reads_the_same() {
    let mut runner = TestRunner::deterministic();
    let strategy = any_term();
    let texts = std::iter::repeat_with(|| strategy.new_tree(&mut runner).unwrap().current());
    let mut texts: Vec<_> =
        texts.map(|term| term.to_string()).filter(|text| is_read_alike(text)).take(TERMS).collect();
    texts.extend(SPELLINGS.iter().map(|(text, _)| (*text).to_owned()));
    texts.extend(REFUSED.iter().map(|(text, _)| (*text).to_owned()));
    let answers = match evaluate(&texts) {
        Ok(answers) => answers,
        Err(error) => {
            let required = std::env::var("PHOENIX_TOKEN_REQUIRE_OTP").is_ok_and(|set| set == "1");
            assert!(!required, "no elixir: {error}");
            return say(format_args!("no elixir, literals were not compared: {error}"));
        }
    };
    assert_eq!(answers.lines().count(), texts.len());
    let mut refused = 0;
    for (text, answer) in texts.iter().zip(answers.lines()) {
        match (parse(text), answer) {
            (Err(_), "refused") => refused += 1,
            // An empty text, and a comment, is `nil` there.
            (Err(_), _) if text.is_empty() || text.starts_with('#') => {}
            (Ok(term), answer) if answer != "refused" => {
                let theirs = Term::decode(&hex::decode(answer).unwrap());
                assert_eq!(theirs, Ok(term), "{text}");
            }
            (ours, theirs) => assert_eq!(format!("{ours:?}"), theirs, "{text}"),
        }
    }
    say(format_args!(
        "Elixir reads {} texts as they are read here, {refused} of them refused",
        texts.len()
    ));
}

/// Whether older releases of Elixir read it: they know no such modules, have no -0.0 beside 0.0, and
/// what is an identifier beyond ASCII is Unicode's to say.
fn is_read_alike(text: &str) -> bool {
    let differ = ["#PID<", "#Reference<", "__struct__", "-0.0", "%:", "%Elixir"];
    let has_struct =
        text.as_bytes().windows(2).any(|two| two[0] == b'%' && two[1].is_ascii_uppercase());
    text.is_ascii()
        && !has_struct
        && !differ.iter().any(|differ| text.contains(differ))
        && text.len() < 4000
}

fn evaluate(texts: &[String]) -> std::io::Result<String> {
    let lines: String = texts.iter().map(|text| hex::encode(text.as_bytes()) + "\n").collect();
    let mut elixir = Command::new("elixir")
        .args(["-e", EVALUATE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = elixir.stdin.take().unwrap();
    let writing = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = elixir.wait_with_output()?;
    writing.join().unwrap()?;
    Ok(String::from_utf8(output.stdout).unwrap())
}
