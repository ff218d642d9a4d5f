//! Terms as parts of Rust types: kept whole here, and as near as may be in other formats.

use std::collections::BTreeMap;

use phoenix_token::{
    serde::{from_slice, from_term, to_term, to_vec},
    term::{
        Atom, Bitstring, EncodeError, Float, ImproperList, Integer, Limits, Map, Pid, Reference,
        Term,
    },
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;

fn atom(name: &str) -> Term {
    Term::atom(name.to_string()).unwrap()
}

/// `#PID<0.1.2>` of the node `n@h`, as OTP 25 writes it.
const PID: &[u8] = b"\x83X\x77\x03n@h\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03";
const REFERENCE: &[u8] =
    b"\x83Z\x00\x02\x77\x03n@h\x00\x00\x00\x03\x00\x00\x00\x01\x00\x00\x00\x02";

fn wide() -> Term {
    Term::Integer("-123456789012345678901234567890123456789012345678901234567890".parse().unwrap())
}

fn bits() -> Term {
    Term::Bitstring(Bitstring::new([1, 0xe0], 3).unwrap())
}

fn term() -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        any::<i128>().prop_map(Term::from),
        any::<u8>().prop_map(Term::from),
        any::<f64>().prop_filter_map("finite", Float::new).prop_map(Term::from),
        "[a-z]{0,3}".prop_map(|name| atom(&name)),
        Just(Term::NIL),
        any::<bool>().prop_map(Term::from),
        any::<String>().prop_map(|text| Term::from(text.as_str())),
        any::<Vec<u8>>().prop_map(Term::binary),
        Just(wide()),
        Just(bits()),
        Just(Term::decode(PID).unwrap()),
        Just(Term::decode(REFERENCE).unwrap()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let terms = || prop::collection::vec(inner.clone(), 0..6);
        prop_oneof![
            terms().prop_map(Term::list),
            terms().prop_map(Term::tuple),
            prop::collection::vec((inner.clone(), inner.clone()), 0..6).prop_map(Term::map),
            (terms(), inner.clone()).prop_map(|(terms, tail)| Term::list_with_tail(terms, tail)),
        ]
    })
}

proptest! {
    #[test]
    fn a_term_is_the_same_through_serde(term in term()) {
        let bytes = term.encode().unwrap();
        assert_eq!(to_vec(&term).as_ref(), Ok(&bytes));
        assert_eq!(from_slice::<Term>(&bytes).as_ref(), Ok(&term));
        assert_eq!(from_term::<Term>(&term).as_ref(), Ok(&term));
        assert_eq!(to_term(&term).as_ref(), Ok(&term));
        let inside = (vec![term.clone()], BTreeMap::from([("key", Some(&term))]));
        let read: (Vec<Term>, BTreeMap<String, Term>) = from_slice(&to_vec(&inside).unwrap()).unwrap();
        assert_eq!((&read.0, read.1.get("key")), (&vec![term.clone()], Some(&term)));
    }

    #[test]
    fn any_term_is_read_as_its_encoding_is_and_what_was_read_stays_the_same(term in term()) {
        fn read<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(term: &Term) {
            let read = from_term::<T>(term);
            assert_eq!(read, from_slice(&term.encode().unwrap()));
            if let Ok(value) = read {
                assert_eq!(from_term(&to_term(&value).unwrap()), Ok(value));
            }
        }
        read::<serde_json::Value>(&term);
        read::<Vec<serde_json::Value>>(&term);
        read::<BTreeMap<String, serde_json::Value>>(&term);
        read::<(Option<u64>, String)>(&term);
        read::<std::net::IpAddr>(&term);
    }
}

#[test]
fn each_kind_of_term_is_a_field_of_its_own_type() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Kinds {
        atom: Atom,
        bits: Bitstring,
        float: Float,
        improper: ImproperList,
        integer: Integer,
        map: Map,
        pid: Pid,
        reference: Reference,
    }
    let fields = [
        ("atom", Term::NIL),
        ("bits", bits()),
        ("float", Term::from(Float::new(1.5).unwrap())),
        ("improper", Term::list_with_tail([Term::from(1)], Term::from(2))),
        ("integer", wide()),
        ("map", Term::map([(Term::from(1), Term::from("one"))])),
        ("pid", Term::decode(PID).unwrap()),
        ("reference", Term::decode(REFERENCE).unwrap()),
    ];
    let term = Term::map(fields.map(|(name, value)| (atom(name), value)));
    let kinds: Kinds = from_term(&term).unwrap();
    assert_eq!(to_term(&kinds), Ok(term.clone()));
    let Term::Map(mut map) = term else { panic!("a map") };
    map.insert(atom("pid"), bits());
    assert_eq!(
        from_term::<Kinds>(&Term::Map(map)).unwrap_err().to_string(),
        "the data does not fit: expected a pid, found something else"
    );
}

#[test]
fn json_has_what_comes_nearest() {
    let to_json = |term: Term| serde_json::to_value(&term).unwrap();
    assert_eq!(to_json(atom("ok")), json!("ok"));
    assert_eq!(to_json(Term::NIL), json!(null));
    assert_eq!(to_json(true.into()), json!(true));
    assert_eq!(to_json(u64::MAX.into()), json!(u64::MAX));
    assert_eq!(to_json(Term::tuple([Term::from("a"), Term::from(-1)])), json!(["a", -1]));
    assert_eq!(to_json(Term::binary([0xff])), json!([255]));
    assert_eq!(to_json(Term::map([(atom("a"), Term::list([]))])), json!({"a": []}));
    assert_eq!(to_json(wide()), json!(wide().to_string()));
    assert_eq!(to_json(bits()), json!(bits().to_string()));
    let improper = Term::list_with_tail([Term::from(1)], Term::from(2));
    assert_eq!(to_json(improper), json!("[1 | 2]"));
}

#[test]
fn json_is_read_as_the_terms_it_could_be() {
    let read: Term = serde_json::from_value(json!({"a": [null, true, -1, 0.5, "b"]})).unwrap();
    let half = Term::from(Float::new(0.5).unwrap());
    let list = Term::list([Term::NIL, true.into(), (-1).into(), half, "b".into()]);
    assert_eq!(read, Term::map([("a".into(), list)]));
    assert_eq!(serde_json::from_str::<Atom>("\"ok\"").unwrap(), Atom::new("ok").unwrap());
    assert_eq!(serde_json::from_str::<Atom>("null").unwrap(), Atom::NIL);
    assert_eq!(serde_json::from_str::<Integer>("7").unwrap(), Integer::from(7));
    assert!(serde_json::from_str::<Term>(r#"{"a": 1, "a": 2}"#).is_err());
    assert!(serde_json::from_str::<Atom>(&format!("{:?}", "a".repeat(256))).is_err());
    assert!(serde_json::from_str::<Pid>("1").is_err());
}

#[test]
fn no_text_makes_another_format_take_bytes_for_a_term() {
    for text in [r#"{"$phoenix_token::Term": [97, 1]}"#, r#"["$phoenix_token::Term", [97, 1]]"#] {
        let read: Term = serde_json::from_str(text).unwrap();
        assert_eq!(
            serde_json::to_value(&read).unwrap(),
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }
}

#[test]
fn a_variant_of_another_format_is_no_term() {
    use serde::de::value::{BorrowedStrDeserializer, EnumAccessDeserializer, Error};
    let variant = EnumAccessDeserializer::new(BorrowedStrDeserializer::<Error>::new("a"));
    let error = Term::deserialize(variant).unwrap_err();
    assert_eq!(error.to_string(), "invalid type: enum, expected a term");
}

/// So many levels around `inner`.
fn nested(levels: usize, inner: Term) -> Term {
    (0..levels).fold(inner, |term, _| Term::tuple([term]))
}

#[test]
fn nesting_is_limited_to_what_can_be_read() {
    let max = Limits::MAX_DEPTH;
    let too_deep = Err(EncodeError::TooDeep.into());
    std::thread::Builder::new()
        .stack_size(8 << 20)
        .spawn(move || {
            let limits = Limits::new().depth(max);
            let improper = || Term::list_with_tail([Term::from(1)], Term::from(2));
            for (levels, inner) in [
                (max, Term::from(1)),
                (max, Term::list([])),
                (max - 1, Term::tuple([])),
                (max - 1, Term::map([])),
                (max - 1, Term::charlist("a")),
                (max - 1, improper()),
                (max - 2, Term::list_with_tail([improper()], Term::from(2))),
            ] {
                let bytes = to_vec(&nested(levels, inner.clone())).unwrap();
                assert!(Term::decode_with(&bytes, limits).is_ok());
                let deeper = nested(levels + 1, inner);
                assert_eq!(to_vec(&deeper), too_deep);
            }
        })
        .unwrap()
        .join()
        .unwrap();
}
