//! serde's other representations: flattened, untagged, internally and adjacently tagged.

use std::collections::BTreeMap;

use phoenix_token::{
    serde::{from_term, to_term, to_vec},
    term::Term,
};
use serde::{Deserialize, Serialize};

use super::{User, ada, both_ways};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flattened {
    z: u8,
    #[serde(flatten)]
    user: User,
    #[serde(flatten)]
    rest: BTreeMap<String, u64>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    Pair(u8, u8),
    User(User),
    Nothing,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Internal {
    LogIn(User),
    LogOut { at: u64 },
    Nothing,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Unit,
    Newtype(u8),
    Tuple(u8, u8),
    Struct { a: u8 },
}

#[test]
fn flattened_structs_have_binary_keys() {
    both_ways(
        Flattened { z: 1, user: ada(), rest: BTreeMap::from([("a".into(), 2)]) },
        r#"%{"a" => 2, "admin" => true, "e_mail" => nil, "id" => 42, "name" => "Ada", "z" => 1}"#,
    );
}

#[test]
fn flattened_structs_read_atom_keys() {
    let flattened = Flattened { z: 1, user: ada(), rest: BTreeMap::from([("a".into(), 2)]) };
    let Term::Map(map) = to_term(&flattened).unwrap() else { panic!() };
    let atoms = map
        .into_iter()
        .map(|(key, value)| (Term::atom(key.as_str().unwrap().to_string()).unwrap(), value));
    assert_eq!(from_term::<Flattened>(&Term::map(atoms)), Ok(flattened));
}

#[test]
fn a_key_written_twice_is_an_error() {
    let twice = Flattened { z: 1, user: ada(), rest: BTreeMap::from([("z".into(), 2)]) };
    assert_eq!(
        to_vec(&twice).unwrap_err().to_string(),
        "the data does not fit: a map with the same key twice"
    );
}

#[test]
fn untagged_enums() {
    both_ways(Untagged::Number(-1), "-1");
    both_ways(Untagged::Text("a".into()), "\"a\"");
    both_ways(Untagged::Pair(1, 2), "{1, 2}");
    both_ways(Untagged::User(ada()), r#"%{admin: true, e_mail: nil, id: 42, name: "Ada"}"#);
    both_ways(Untagged::Nothing, "nil");
}

#[test]
fn internally_tagged_enums() {
    both_ways(
        Internal::LogIn(ada()),
        r#"%{admin: true, e_mail: nil, id: 42, name: "Ada", type: "log_in"}"#,
    );
    both_ways(Internal::LogOut { at: 7 }, r#"%{at: 7, type: "log_out"}"#);
    both_ways(Internal::Nothing, r#"%{type: "nothing"}"#);
    // The tag as an atom, as one would write it in Elixir.
    let term = Term::map([(Term::atom("type").unwrap(), Term::atom("nothing").unwrap())]);
    assert_eq!(from_term(&term), Ok(Internal::Nothing));
}

#[test]
fn adjacently_tagged_enums() {
    both_ways(Adjacent::Unit, "%{t: :Unit}");
    both_ways(Adjacent::Newtype(1), "%{c: 1, t: :Newtype}");
    both_ways(Adjacent::Tuple(1, 2), "%{c: {1, 2}, t: :Tuple}");
    both_ways(Adjacent::Struct { a: 1 }, "%{c: %{a: 1}, t: :Struct}");
}
