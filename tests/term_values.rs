//! Values of terms, made and taken apart; their order by a table.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use std::{
    fmt::Debug,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash},
};

use phoenix_token::{
    DecodeError,
    term::{
        Atom, Bitstring, EncodeError, Float, ImproperList, Integer, IntegerError, Map, NotFinite,
        Term,
    },
};

fn atom(name: &str) -> Term {
    Term::atom(name.to_owned()).unwrap()
}

fn float(value: f64) -> Term {
    Float::try_from(value).unwrap().into()
}

#[test]
fn terms_of_different_types_have_one_order() {
    let bits = |bytes: &[u8], last| Term::from(Bitstring::new(bytes, last).unwrap());
    let integer = |text: &str| Term::from(text.parse::<Integer>().unwrap());
    let power_of_two = 2_f64.powi(70);
    let map = |pairs: &[(Term, i64)]| {
        Term::map(pairs.iter().map(|(key, value)| (key.clone(), Term::from(*value))))
    };
    let ascending = [
        float(f64::MIN),
        integer("-100000000000000000000"),
        (-1).into(),
        float(-0.5),
        0.into(),
        float(-0.0),
        float(0.0),
        float(5.0e-324),
        1.into(),
        float(1.0),
        integer("1180591620717411303423"),
        integer("1180591620717411303424"),
        float(power_of_two),
        integer("1180591620717411303425"),
        integer(&format!("0x1{}", "0".repeat(256))),
        atom(""),
        atom("a"),
        atom("aa"),
        atom("b"),
        atom("é"),
        Term::tuple([]),
        Term::tuple([2.into()]),
        Term::tuple([float(0.0), 1.into()]),
        Term::tuple([0.into(), 2.into()]),
        Term::tuple([float(0.5), 1.into()]),
        Term::tuple([1.into(), 3.into()]),
        // Where both are equal by value, the first that differs decides; not so before.
        Term::tuple([float(1.0), 4.into()]),
        Term::tuple([1.into(), 5.into()]),
        Term::tuple([float(1.0), 5.into()]),
        Term::tuple([2.into(), float(2.0)]),
        Term::tuple([float(2.0), 2.into()]),
        map(&[]),
        map(&[(2.into(), 9)]),
        // As keys all integers stand before all floats.
        map(&[(float(1.0), 0)]),
        map(&[(atom("a"), 1)]),
        map(&[(atom("a"), 2)]),
        // But as values not.
        Term::map([(atom("a"), float(2.5))]),
        map(&[(atom("a"), 3)]),
        map(&[(atom("a"), 1), (atom("b"), 1)]),
        map(&[(atom("a"), 0), (atom("c"), 0)]),
        Term::list([]),
        Term::list_with_tail([1.into()], 2.into()),
        Term::list_with_tail([1.into()], atom("a")),
        Term::list([1.into()]),
        Term::list_with_tail([1.into(), 2.into()], 3.into()),
        Term::list([1.into(), 2.into()]),
        Term::list_with_tail([1.into(), 2.into()], "tail".into()),
        Term::list([2.into()]),
        "".into(),
        bits(&[0], 1),
        Term::binary([0]),
        "a".into(),
        "aa".into(),
        bits(&[0x80], 1),
        bits(&[0x80], 2),
        Term::binary([0x80]),
        bits(&[0x80, 0], 1),
        bits(&[0xc0], 2),
    ];
    are_ascending_and_hashed(&ascending);
}

#[test]
fn values_become_terms_and_come_back() {
    assert_eq!(Term::from("Ada").as_str(), Some("Ada"));
    assert_eq!(Term::from(String::from("Ada")).as_bytes(), Some(&b"Ada"[..]));
    assert_eq!(Term::from(&[0xff][..]).as_str(), None);
    assert_eq!(Term::from(vec![0xff_u8]), Term::binary([0xff]));
    assert_eq!((Term::from(true).as_bool(), atom("yes").as_bool()), (Some(true), None));
    assert_eq!(atom("false").as_bool(), Some(false));
    assert_eq!((Term::from(None::<i64>), Term::from(Some(1))), (Term::NIL, 1.into()));
    assert!(Term::NIL.is_nil() && !Term::list([]).is_nil());
    assert_eq!(Term::from(vec![Term::NIL]).as_list(), Some(&[Term::NIL][..]));
    assert_eq!(Term::tuple([Term::NIL]).as_tuple(), Some(&[Term::NIL][..]));
    assert_eq!(Term::tuple([]).as_list(), None);
    assert_eq!(float(1.5).as_f64(), Some(1.5));
    assert_eq!((Term::from(7).as_f64(), Term::from(7).as_i64()), (None, Some(7)));
    assert_eq!(Term::from(u64::MAX).as_i64(), None);
    assert_eq!(Term::from(u64::MAX).as_integer().map(u64::try_from), Some(Ok(u64::MAX)));
    assert_eq!(atom("ok").as_atom().map(Atom::as_str), Some("ok"));
    assert_eq!(Term::charlist("né"), Term::byte_list([110, 233]));
    assert_eq!(Term::from(Map::new()).as_map().map(Map::len), Some(0));
}

#[test]
fn integers_beyond_a_type_are_out_of_its_range() {
    let integer = Integer::from(-1_i128 << 64);
    assert_eq!(integer.to_i64(), None);
    assert_eq!(i64::try_from(&integer), Err(IntegerError::Range));
    assert_eq!(u128::try_from(&integer), Err(IntegerError::Range));
    assert_eq!(u8::try_from(&Integer::from(256)), Err(IntegerError::Range));
    assert_eq!(i128::try_from(&integer), Ok(-1_i128 << 64));
    assert_eq!(i128::try_from(&Integer::from(i128::MIN)), Ok(i128::MIN));
    assert_eq!(i128::try_from(&Integer::from(u128::MAX)), Err(IntegerError::Range));
    let huge: Integer = format!("0x1{}", "0".repeat(256)).parse().unwrap();
    assert_eq!((huge.to_i128(), huge.to_f64()), (None, None));
    assert_eq!(IntegerError::Range.to_string(), "the integer is out of range");
    assert_eq!(IntegerError::Syntax.to_string(), "not an integer");
}

#[test]
fn integers_are_rounded_to_the_nearest_float() {
    let to_f64 = |value: i128| Integer::from(value).to_f64();
    // Beside 2^64 floats are 4 096 apart; the middle is rounded to the even one.
    let (middle, even, odd) = ((1 << 64) + 2048, 2_f64.powi(64), 2_f64.powi(64) + 4096.0);
    assert_eq!((to_f64(middle), to_f64(middle + 1)), (Some(even), Some(odd)));
    assert_eq!((to_f64(-middle), to_f64(-middle - 1)), (Some(-even), Some(-odd)));
    assert_eq!(to_f64(middle + 4096), Some(even + 8192.0));
    assert_eq!(to_f64((1 << 64) - 1), Some(even));
    // A bit far below the middle is enough to round up.
    let far = |last: &str| {
        let text = format!("0x8000000000000400{}{last}", "0".repeat(16));
        text.parse::<Integer>().unwrap().to_f64()
    };
    let ulp = 2_f64.powi(135 - 52);
    assert_eq!([far("00"), far("01")], [Some(2_f64.powi(135)), Some(2_f64.powi(135) + ulp)]);
    let largest: Integer = format!("0xfffffffffffff8{}", "0".repeat(242)).parse().unwrap();
    assert_eq!(largest.to_f64(), Some(f64::MAX));
    let beyond: Integer = format!("0xfffffffffffffc{}", "0".repeat(242)).parse().unwrap();
    assert_eq!(beyond.to_f64(), None);
    let twice_beyond: Integer = format!("0x1{}", "f".repeat(256)).parse().unwrap();
    assert_eq!(twice_beyond.to_f64(), None);
}

#[test]
fn what_is_no_such_value_is_not_made() {
    assert_eq!(Atom::new("a".repeat(256)), Err(EncodeError::AtomTooLong));
    assert_eq!(Atom::new("日".repeat(255)).map(|atom| atom.as_str().len()), Ok(765));
    for name in ["", "ok", "Elixir.MyApp.Accounts.User", &"a".repeat(255)] {
        assert_eq!(Atom::new(name.to_owned()).map(Atom::into_string).as_deref(), Ok(name));
    }
    assert_eq!(Atom::new("ok").map(Atom::into_string).as_deref(), Ok("ok"));
    assert_eq!(Float::try_from(f64::INFINITY), Err(NotFinite));
    assert_eq!(NotFinite.to_string(), "a term holds no NaN and no infinity");
    for last_bits in [0, 8] {
        assert_eq!(Bitstring::new([1], last_bits), None);
    }
    assert_eq!(Bitstring::new([], 3), None);
    assert_eq!(ImproperList::new([], Term::from(1)), None);
    let improper = ImproperList::new([Term::from(1)], Term::from(2)).unwrap();
    assert_eq!((improper.elements(), improper.tail()), (&[Term::from(1)][..], &Term::from(2)));
    for tail in [Term::list([]), Term::from(improper)] {
        assert_eq!(ImproperList::new([Term::from(1)], tail), None);
    }
}

#[test]
fn an_atom_is_compared_hashed_and_printed_as_its_name() {
    let names = ["", "a", "ab", "abcdefgh", "abcdefghi", "nil", "żółw", &"x".repeat(100)];
    for one in names {
        let made = Atom::new(one.to_owned()).unwrap();
        assert_eq!(AsRef::<str>::as_ref(&made), one);
        assert_eq!(format!("{made:?}"), format!("{made}"));
        assert!(format!("{made:?}").contains(one));
        for other in names {
            let made_of_other = Atom::new(other.to_owned()).unwrap();
            assert_eq!(made == made_of_other, one == other);
            assert_eq!((made == *other, made == other), (one == other, one == other));
            assert_eq!(made.partial_cmp(&made_of_other), Some(one.cmp(other)));
            assert_eq!(hash(&made) == hash(&made_of_other), one == other);
        }
    }
}

#[test]
fn a_map_tells_how_many_pairs_are_still_to_come() {
    let map: Map = (0..3).map(|key| (Term::from(key), Term::NIL)).collect();
    let mut pairs = map.iter();
    for left in [3, 2, 1, 0] {
        assert_eq!((pairs.len(), pairs.size_hint()), (left, (left, Some(left))));
        assert_eq!(pairs.next().is_some(), left > 0);
    }
}

#[test]
fn a_name_in_latin_1_has_a_character_for_each_byte_even_where_it_is_utf_8_too() {
    assert_eq!(Term::decode(&[131, 100, 0, 2, 0xc3, 0xa9]), Ok(atom("Ã©")));
    assert_eq!(Term::decode(&[131, 115, 2, b'o', b'k']), Ok(atom("ok")));
}

#[test]
fn numbers_pids_and_references_are_compared_and_hashed_as_what_they_are() {
    let floats = [-1.5, -0.0, 0.0, 1.5].map(|value| Float::new(value).unwrap());
    are_ascending_and_hashed(&floats);
    assert_eq!(format!("{floats:?}"), "[-1.5, -0.0, 0.0, 1.5]");

    let integers = [i128::MIN, -1, 0, 1, i128::MAX];
    are_ascending_and_hashed(&integers.map(Integer::from));
    assert_eq!(format!("{:?}", integers.map(Integer::from)), format!("{integers:?}"));

    let pid = |node: u8, numbers: [u8; 3]| {
        let [id, serial, creation] = numbers;
        let fields = [0, 0, 0, id, 0, 0, 0, serial, 0, 0, 0, creation];
        let read = Term::decode(&[&[131, 88, 119, 1, node], &fields[..]].concat()).unwrap();
        let Term::Pid(pid) = read else { unreachable!("{read:?}") };
        pid
    };
    let pids = [(b'a', [1, 0, 0]), (b'a', [1, 0, 1]), (b'b', [1, 0, 0]), (b'a', [2, 0, 0])];
    let pids = pids.map(|(node, numbers)| pid(node, numbers));
    are_ascending_and_hashed(&pids);
    are_ascending_and_hashed(&[pids[3].clone(), pid(b'a', [0, 1, 0])]);

    let reference = |node: u8, creation: u8, words: &[u8]| {
        let mut bytes = vec![131, 90, 0, u8::try_from(words.len()).unwrap(), 119, 1, node];
        bytes.extend([0, 0, 0, creation]);
        words.iter().for_each(|word| bytes.extend([0, 0, 0, *word]));
        let read = Term::decode(&bytes).unwrap();
        let Term::Reference(reference) = read else { unreachable!("{read:?}") };
        reference
    };
    let references = [
        reference(b'a', 0, &[9, 0, 0]),
        reference(b'a', 0, &[1, 1]),
        reference(b'a', 0, &[0, 2]),
        reference(b'a', 1, &[1]),
        reference(b'b', 0, &[1]),
    ];
    are_ascending_and_hashed(&references);
    let without_zeros = reference(b'a', 0, &[9]);
    assert_eq!(without_zeros, references[0]);
    assert_eq!(hash(&without_zeros), hash(&references[0]));
}

fn are_ascending_and_hashed<T: Ord + Hash + Debug>(values: &[T]) {
    for (one, at) in values.iter().zip(0_usize..) {
        for (other, other_at) in values.iter().zip(0_usize..) {
            assert_eq!(one == other, at == other_at, "{one:?} {other:?}");
            assert_eq!(one.cmp(other), at.cmp(&other_at), "{one:?} {other:?}");
            assert_eq!(one.partial_cmp(other), Some(at.cmp(&other_at)));
            assert_eq!(hash(one) == hash(other), at == other_at, "{one:?} {other:?}");
        }
    }
}

fn hash(value: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

#[test]
fn the_errors_of_reading_say_no_more_than_this() {
    let messages = [
        (DecodeError::Malformed, "not the external term format"),
        (DecodeError::Executable, "the term holds a function or a port"),
        (DecodeError::Local, "the term can be read only by the node that wrote it"),
        (DecodeError::Limit, "the term is over a limit"),
    ];
    for (error, message) in messages {
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_length_of_a_bitstring_is_in_bits() {
    for (bytes, last_bits, length) in [(&[1_u8][..], 1, 1), (&[1], 7, 7), (&[1, 2, 3], 3, 19)] {
        let bits = Bitstring::new(bytes, last_bits).unwrap();
        assert_eq!((bits.bit_len(), bits.last_bits()), (length, last_bits));
    }
}

#[test]
fn a_tail_makes_the_list_that_erlang_makes() {
    let one = || [Term::from(1)];
    assert_eq!(Term::list_with_tail([], 2.into()), 2.into());
    assert_eq!(Term::list_with_tail(one(), Term::list([2.into()])), Term::byte_list([1, 2]));
    let improper = Term::list_with_tail([2.into()], 3.into());
    let longer = Term::list_with_tail(one(), improper);
    assert_eq!(longer, Term::list_with_tail([1.into(), 2.into()], 3.into()));
}

#[test]
fn the_last_of_equal_keys_stays() {
    let pairs = [(1.into(), "one".into()), (float(1.0), "float".into()), (1.into(), "last".into())];
    let map: Map = pairs.into_iter().collect();
    assert_eq!((map.len(), map.get(&1.into())), (2, Some(&"last".into())));
}

#[test]
fn a_failed_encoding_leaves_the_buffer_as_it_was() {
    let mut deep = Term::NIL;
    for _ in 0..2000 {
        deep = Term::tuple([deep]);
    }
    let mut buffer = vec![1, 2, 3];
    assert_eq!(deep.encode_into(&mut buffer), Err(EncodeError::TooDeep));
    assert_eq!(buffer, [1, 2, 3]);
}

#[test]
fn lists_of_bytes_are_strings_up_to_65_535_elements() {
    let list = |length| Term::list(vec![Term::from(7); length]).encode().unwrap();
    assert_eq!(list(1), [131, 107, 0, 1, 7]);
    assert_eq!((list(65_535)[1], list(65_535).len()), (107, 65_539));
    assert_eq!((list(65_536)[1], list(65_536).len()), (108, 131_079));
    let mixed = [Term::from(1), Term::from(256)];
    assert_eq!(Term::list(mixed).encode().unwrap()[1], 108);
}
