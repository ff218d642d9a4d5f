//! Random terms as descriptions: from one description come the crate's `Term` and, apart from it,
//! the text that Erlang's own parser reads.

use std::fmt::Write;

use super::{hex::Hex, rng::Rng, term_json::TermJson};

const ATOMS: [&str; 16] = [
    "nil",
    "true",
    "false",
    "ok",
    "infinity",
    "",
    "Elixir.MyApp.User",
    "data",
    "signed",
    "é",
    "日本",
    "😀",
    "it's",
    "back\\slash",
    "two words",
    "\n",
];

const EDGES: [i128; 12] = [
    0,
    255,
    256,
    1 << 27,
    i32::MAX as i128,
    -(i32::MIN as i128),
    1 << 59,
    1 << 60,
    i64::MAX as i128,
    u64::MAX as i128,
    1 << 100,
    i128::MAX - 1,
];

/// A random term, with at most so many containers inside one another.
pub fn random(rng: &mut Rng, depth: usize) -> TermJson {
    match rng.below(if depth == 0 { 6 } else { 12 }) {
        0 => integer(rng),
        1 => float(rng),
        2 => TermJson::Atom((*rng.choose(&ATOMS)).to_owned()),
        3 => binary(rng),
        4 => bitstring(rng),
        5 => TermJson::List((0..rng.below(4)).map(|_| byte(rng)).collect()),
        6 | 7 => TermJson::List(terms(rng, depth)),
        8 => TermJson::Tuple(terms(rng, depth)),
        9 => match terms(rng, depth) {
            elements if elements.is_empty() => TermJson::List(elements),
            elements => TermJson::ImproperList { elements, tail: Box::new(binary(rng)) },
        },
        10 => map(rng, depth),
        _ => random(rng, depth - 1),
    }
}

fn terms(rng: &mut Rng, depth: usize) -> Vec<TermJson> {
    (0..rng.below(6)).map(|_| random(rng, depth - 1)).collect()
}

fn map(rng: &mut Rng, depth: usize) -> TermJson {
    let mut pairs: Vec<(TermJson, TermJson)> = Vec::new();
    for _ in 0..rng.below(6) {
        let key = random(rng, depth - 1);
        // Releases of OTP disagree whether 0.0 and -0.0 are one key.
        let text = erlang(&key).replace("-0.0e0", "0.0e0");
        if pairs.iter().all(|(other, _)| erlang(other).replace("-0.0e0", "0.0e0") != text) {
            pairs.push((key, random(rng, depth - 1)));
        }
    }
    TermJson::Map(pairs)
}

fn integer(rng: &mut Rng) -> TermJson {
    let sign = if rng.below(2) == 0 { 1 } else { -1 };
    let near = sign * *rng.choose(&EDGES) + [-1, 0, 1][rng.below(3)];
    TermJson::Integer(match rng.below(4) {
        0 => format!("{near}{:018}", rng.next() >> 5),
        1 => (rng.below(2048) as i64 - 512).to_string(),
        _ => near.to_string(),
    })
}

fn byte(rng: &mut Rng) -> TermJson {
    TermJson::Integer(rng.below(257).to_string())
}

fn float(rng: &mut Rng) -> TermJson {
    let float = match rng.below(4) {
        0 => *rng.choose(&[0.0, -0.0, 1.0, -1.5, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e22]),
        1 => rng.below(1000) as f64 / 8.0,
        _ => f64::from_bits(rng.next()),
    };
    let float = if float.is_finite() { float } else { 0.1 };
    TermJson::Float(Hex(float.to_be_bytes().to_vec()))
}

fn binary(rng: &mut Rng) -> TermJson {
    let length = rng.below(20);
    TermJson::Binary(Hex(rng.bytes(length)))
}

fn bitstring(rng: &mut Rng) -> TermJson {
    let length = 1 + rng.below(4);
    let last_bits = 1 + rng.below(7);
    let mut bytes = rng.bytes(length);
    if let Some(last) = bytes.last_mut() {
        *last &= 0xff << (8 - last_bits);
    }
    TermJson::Bitstring { bytes: Hex(bytes), last_bits: last_bits as u8 }
}

/// The term in Erlang's syntax. Pids, references and repeated terms have none.
pub fn erlang(term: &TermJson) -> String {
    let all = |terms: &[TermJson]| terms.iter().map(erlang).collect::<Vec<_>>().join(",");
    match term {
        TermJson::Atom(name) => format!("'{}'", escaped(name)),
        TermJson::Integer(decimal) => decimal.clone(),
        TermJson::Float(bytes) => {
            let float = f64::from_be_bytes(bytes[..].try_into().expect("a double"));
            let shortest = format!("{float:e}");
            // Erlang wants digits on both sides of a point.
            let (mantissa, exponent) = shortest.split_once('e').expect("an exponent");
            let point = if mantissa.contains('.') { "" } else { ".0" };
            format!("{mantissa}{point}e{exponent}")
        }
        TermJson::Binary(bytes) => format!("<<{}>>", numbers(bytes).join(",")),
        TermJson::Bitstring { bytes, last_bits } => {
            let mut numbers = numbers(bytes);
            let last = bytes.last().expect("bits") >> (8 - last_bits);
            numbers.pop();
            numbers.push(format!("{last}:{last_bits}"));
            format!("<<{}>>", numbers.join(","))
        }
        TermJson::List(elements) => format!("[{}]", all(elements)),
        TermJson::ImproperList { elements, tail } => {
            format!("[{}|{}]", all(elements), erlang(tail))
        }
        TermJson::Tuple(elements) => format!("{{{}}}", all(elements)),
        TermJson::Map(pairs) => {
            let pair =
                |(key, value): &(TermJson, TermJson)| format!("{}=>{}", erlang(key), erlang(value));
            format!("#{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(","))
        }
        TermJson::Pid(_) | TermJson::Reference(_) | TermJson::Repeat { .. } => {
            panic!("no syntax for {term:?}")
        }
    }
}

fn numbers(bytes: &[u8]) -> Vec<String> {
    bytes.iter().map(u8::to_string).collect()
}

fn escaped(name: &str) -> String {
    name.chars().fold(String::new(), |mut text, char| {
        let _ = match char {
            '\'' | '\\' | '\n' => write!(text, "\\x{{{:x}}}", char as u32),
            _ => write!(text, "{char}"),
        };
        text
    })
}
