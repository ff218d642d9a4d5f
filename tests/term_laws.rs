//! Laws of terms, on generated ones.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    reason = "a test may panic"
)]

#[path = "common/terms.rs"]
mod terms;

use std::{
    cmp::Ordering,
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
};

use phoenix_token::term::{Float, Integer, Map, Term};
use proptest::{collection::vec, prelude::*};

proptest! {
    #[test]
    fn decoding_undoes_encoding(term in terms::term()) {
        let encoded = term.encode().unwrap();
        prop_assert_eq!(Term::decode(&encoded), Ok(term));
    }

    #[test]
    fn a_term_has_one_encoding(one in terms::scalar(), other in terms::scalar()) {
        // But for a reference, at whose end zeros say nothing.
        prop_assume!(!matches!(one, Term::Reference(_)));
        prop_assert_eq!(one == other, one.encode() == other.encode());
    }

    #[test]
    #[cfg(feature = "compressed")]
    fn compression_changes_no_term_and_makes_none_longer(term in terms::term()) {
        let compressed = term.encode_compressed().unwrap();
        prop_assert!(compressed.len() <= term.encode().unwrap().len());
        prop_assert_eq!(Term::decode(&compressed), Ok(term));
    }

    #[test]
    fn encoding_into_a_buffer_appends(term in terms::term(), before in any::<Vec<u8>>()) {
        let mut buffer = before.clone();
        term.encode_into(&mut buffer).unwrap();
        prop_assert_eq!(buffer, [before, term.encode().unwrap()].concat());
    }

    #[test]
    fn no_beginning_of_an_encoding_is_a_term(term in terms::term()) {
        let encoded = term.encode().unwrap();
        for length in 0..encoded.len() {
            prop_assert!(Term::decode(&encoded[..length]).is_err());
        }
    }

    #[test]
    fn nothing_may_follow_a_term(term in terms::term(), after in any::<u8>()) {
        let mut encoded = term.encode().unwrap();
        encoded.push(after);
        prop_assert!(Term::decode(&encoded).is_err());
    }

    #[test]
    fn a_copy_is_equal_and_hashes_equally(term in terms::term()) {
        let copy = term.clone();
        prop_assert_eq!(&copy, &term);
        prop_assert_eq!(copy.cmp(&term), Ordering::Equal);
        prop_assert_eq!(hash(&copy), hash(&term));
    }

    #[test]
    fn the_order_is_total(mut all in vec(terms::term(), 3)) {
        for one in &all {
            for other in &all {
                prop_assert_eq!(one.cmp(other), other.cmp(one).reverse());
                prop_assert_eq!(one == other, one.cmp(other).is_eq());
            }
        }
        all.sort();
        prop_assert!(all[0] <= all[1] && all[1] <= all[2] && all[0] <= all[2]);
    }

    #[test]
    fn the_order_of_numbers_is_total_and_exact(mut all in vec(number(), 3)) {
        all.sort();
        prop_assert!(all[0] <= all[1] && all[1] <= all[2] && all[0] <= all[2]);
    }

    #[test]
    fn an_integer_stands_between_the_floats_around_it(integer in terms::integer()) {
        let Some(nearest) = integer.as_integer().unwrap().to_f64() else { return Ok(()) };
        let float = |value| Float::new(value).map(Term::from);
        if let (Some(below), Some(above)) = (float(nearest.next_down()), float(nearest.next_up())) {
            prop_assert!(below < integer && integer < above);
        }
    }

    #[test]
    fn a_map_gives_what_was_put_in_last(
        pairs in vec((terms::scalar(), terms::integer()), 0..20),
        absent in terms::scalar(),
    ) {
        let mut map = Map::new();
        for (key, value) in &pairs {
            let before = map.get(key).cloned();
            prop_assert_eq!(map.insert(key.clone(), value.clone()), before);
            prop_assert_eq!(map.get(key), Some(value));
        }
        prop_assert_eq!(&map, &pairs.iter().cloned().collect::<Map>());
        let mut extended = Map::new();
        extended.extend(pairs.iter().cloned());
        prop_assert_eq!(&map, &extended);

        let keys: Vec<_> = map.iter().map(|(key, _)| key.clone()).collect();
        prop_assert_eq!(keys.contains(&absent), map.get(&absent).is_some());
        for (index, key) in keys.iter().enumerate() {
            if let Some(atom) = key.as_atom() {
                prop_assert_eq!(map.get_atom(atom.as_str()), map.get(key));
            }
            if let Some(text) = key.as_str() {
                prop_assert_eq!(map.get_str(text), map.get(key));
            }
            prop_assert!(map.remove(key).is_some() && map.get(key).is_none());
            prop_assert_eq!(map.len(), keys.len() - index - 1);
        }
    }

    #[test]
    fn an_atom_or_text_is_found_among_any_keys(
        keys in vec(prop_oneof![terms::scalar(), terms::term()], 0..12),
        name in "[a-z]{0,3}",
    ) {
        let pairs = keys.into_iter().map(|key| (key, Term::NIL));
        let mut map: Map = pairs.collect();
        map.remove(&Term::atom(name.clone()).unwrap());
        map.remove(&Term::from(name.as_str()));
        prop_assert_eq!((map.get_atom(&name), map.get_str(&name)), (None, None));
        map.insert(Term::atom(name.clone()).unwrap(), 1.into());
        map.insert(Term::from(name.as_str()), 2.into());
        let found = (map.get_atom(&name), map.get_str(&name));
        prop_assert_eq!(found, (Some(&1.into()), Some(&2.into())));
    }

    #[test]
    fn an_integer_is_what_its_text_says(integer in terms::integer()) {
        let integer = integer.as_integer().unwrap();
        prop_assert_eq!(integer.to_string().parse(), Ok(integer.clone()));
    }

    #[test]
    fn rust_integers_survive(wide: i128, unsigned: u128, narrow: i64, byte: u8) {
        prop_assert_eq!(i128::try_from(&Integer::from(wide)), Ok(wide));
        prop_assert_eq!(u128::try_from(&Integer::from(unsigned)), Ok(unsigned));
        prop_assert_eq!(i64::try_from(&Integer::from(narrow)), Ok(narrow));
        prop_assert_eq!(u8::try_from(&Integer::from(byte)), Ok(byte));
        prop_assert_eq!(Integer::from(wide).to_string(), wide.to_string());
        prop_assert_eq!(Integer::from(unsigned).to_string(), unsigned.to_string());
        prop_assert_eq!(Integer::from(narrow).to_i64(), Some(narrow));
        prop_assert_eq!(u64::try_from(&Integer::from(wide)).ok(), u64::try_from(wide).ok());
    }

    #[test]
    fn wide_integers_round_to_the_float_that_rust_gives(wide: i128, shift in 0_u32..128) {
        let value = wide >> shift;
        prop_assert_eq!(Integer::from(value).to_f64(), Some(value as f64));
    }

    #[test]
    fn a_float_is_what_its_text_says(float in terms::float()) {
        prop_assert_eq!(float.to_string().parse().ok(), float.as_f64());
    }

    #[test]
    fn printing_stays_on_one_line(term in terms::term()) {
        let breaks = term.to_string().contains(['\n', '\r', '\0', '\u{1b}', '\u{202e}']);
        prop_assert!(!breaks);
        prop_assert_eq!(format!("{term:?}"), term.to_string());
    }
}

fn number() -> impl Strategy<Value = Term> {
    prop_oneof![
        terms::integer(),
        terms::float(),
        // Neighbours, which only an exact comparison tells apart.
        (0_i128..6, any::<bool>(), 0_u32..100).prop_map(|(offset, as_float, power)| {
            let value = (1_i128 << (power + 3)) - 3 + offset;
            if as_float { Term::from(Float::new(value as f64).unwrap()) } else { Term::from(value) }
        }),
    ]
}

fn hash(term: &Term) -> u64 {
    let mut hasher = DefaultHasher::new();
    term.hash(&mut hasher);
    hasher.finish()
}
