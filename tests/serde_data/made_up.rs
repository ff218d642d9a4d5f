//! Types that take less than a term, or make up a value where it does not fit.

use std::{collections::BTreeMap, fmt};

use phoenix_token::{serde::from_term, term::Term};
use serde::{
    Deserialize, Deserializer,
    de::{EnumAccess, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{atom, refuses, takes};

/// Makes up a value where the term does not fit, as `unwrap_or_default` in hand-written code does.
#[derive(Debug, PartialEq)]
struct Lenient(Vec<u8>);

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Vec::deserialize(deserializer).unwrap_or_default()))
    }
}

/// Takes nothing from the input.
#[derive(Debug, PartialEq)]
pub(crate) struct Aloof;

impl<'de> Deserialize<'de> for Aloof {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[test]
fn what_follows_a_value_that_was_made_up_is_read_from_the_right_place() {
    let deep = Term::list([Term::list([Term::from(1), Term::from("x")]), Term::from(2)]);
    takes(
        Term::tuple([deep.clone(), Term::byte_list([3]), 4.into()]),
        (Lenient(vec![]), Lenient(vec![3]), 4),
    );
    takes(
        Term::map([(Term::from(1), deep.clone()), (Term::from(2), Term::byte_list([3]))]),
        BTreeMap::from([(1, Lenient(vec![])), (2, Lenient(vec![3]))]),
    );
    takes(Term::tuple([deep.clone(), 4.into()]), (Aloof, 4));
    takes(deep, Aloof);
}

/// Leaves out what is no small number, as `VecSkipError` of the crate `serde_with` does.
#[derive(Debug, PartialEq)]
struct Choosy(Vec<u8>);

impl<'de> Deserialize<'de> for Choosy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ChoosyVisitor)
    }
}

struct ChoosyVisitor;

impl<'de> Visitor<'de> for ChoosyVisitor {
    type Value = Choosy;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Choosy, A::Error> {
        let numbers = std::iter::from_fn(|| seq.next_element().transpose());
        Ok(Choosy(numbers.filter_map(Result::ok).collect()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Choosy, A::Error> {
        let mut numbers = vec![];
        while let Some(key) = map.next_key::<u8>().transpose() {
            let value = map.next_value();
            numbers.extend([key, value].into_iter().filter_map(Result::ok));
        }
        Ok(Choosy(numbers))
    }
}

#[test]
fn a_type_may_go_on_after_an_element_that_does_not_fit() {
    let odd = Term::map([(atom("a"), Term::byte_list([1])), (9.into(), 1000.into())]);
    let list = [odd.clone(), 1.into(), Term::tuple([Term::from(2)]), 3.into(), odd.clone()];
    takes(
        Term::tuple([Term::list(list.clone()), Term::tuple(list), odd, 4.into()]),
        (Choosy(vec![1, 3]), Choosy(vec![1, 3]), Choosy(vec![9]), 4),
    );
    // Whatever the keys and values are.
    let pairs = [(Term::charlist("a"), 1.into()), (2.into(), 3.into()), (atom("b"), atom("c"))];
    takes(Term::tuple([Term::map(pairs), 4.into()]), (Choosy(vec![2, 3, 1]), 4));
    let improper = Term::list_with_tail([atom("a"), 1.into()], Term::tuple([Term::from(2)]));
    takes(Term::list([improper, Term::charlist("x")]), (Choosy(vec![1]), String::from("x")));
}

/// A struct with the fields `A` and `B`: as many of them as there are numbers, and what they hold.
#[derive(Debug, PartialEq)]
struct Firsts<const COUNT: usize>(Vec<(String, Option<u8>)>);

impl<'de, const COUNT: usize> Deserialize<'de> for Firsts<COUNT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Firsts", &["A", "B"], FirstsVisitor)
    }
}

struct FirstsVisitor<const COUNT: usize>;

impl<'de, const COUNT: usize> Visitor<'de> for FirstsVisitor<COUNT> {
    type Value = Firsts<COUNT>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fields")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Firsts<COUNT>, A::Error> {
        let mut all = Vec::new();
        for _ in 0..COUNT {
            let key = map.next_key()?.unwrap_or_default();
            all.push((key, map.next_value().ok()));
        }
        Ok(Firsts(all))
    }
}

#[test]
fn the_value_of_a_field_may_not_fit() {
    let field = |name: &str, value| (name.to_owned(), value);
    for (value, read) in [(Term::from(1), Some(1)), (1000.into(), None), (atom("B"), None)] {
        let map = Term::map([(atom("A"), value.clone())]);
        takes(
            Term::tuple([map.clone(), map, 4.into()]),
            (Firsts::<1>(vec![field("A", read)]), Firsts::<1>(vec![field("A", read)]), 4),
        );
        let map = Term::map([(atom("A"), value), (atom("B"), 2.into())]);
        takes(
            Term::tuple([map, 4.into()]),
            (Firsts::<2>(vec![field("A", read), field("B", Some(2))]), 4),
        );
    }
}

#[test]
fn fields_that_a_type_leaves_are_an_error_but_for_the_module_s_name() {
    let map = Term::map([(atom("A"), 1.into()), (atom("B"), 2.into())]);
    refuses::<Firsts<1>>(map, "more pairs than the type takes");
    let module = (atom("__struct__"), atom("Elixir.Some"));
    let map = Term::map([(atom("A"), 1.into()), module.clone()]);
    takes(Term::tuple([map, 4.into()]), (Firsts::<1>(vec![("A".to_owned(), Some(1))]), 4));
    let map = Term::map([(atom("A"), 1.into()), module, (atom("z"), 1.into())]);
    refuses::<Firsts<1>>(map, "more pairs than the type takes");
}

#[test]
fn a_field_whose_value_a_type_does_not_read_is_an_error() {
    #[derive(Debug)]
    struct Keys<const COUNT: usize>;
    impl<'de, const COUNT: usize> Deserialize<'de> for Keys<COUNT> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_struct("Keys", &["A", "B"], Self)
        }
    }
    impl<'de, const COUNT: usize> Visitor<'de> for Keys<COUNT> {
        type Value = Self;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("fields")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
            for _ in 0..COUNT {
                map.next_key::<String>()?;
            }
            Ok(self)
        }
    }
    let message = "a key whose value the type does not read";
    refuses::<Keys<1>>(Term::map([(atom("A"), 1.into())]), message);
    // The value could be taken for the next key.
    let map = Term::map([(atom("A"), atom("B")), (atom("B"), atom("A"))]);
    refuses::<Keys<1>>(map.clone(), message);
    refuses::<Keys<2>>(map, message);
}

#[test]
fn a_type_may_read_why_a_value_does_not_fit() {
    #[derive(Debug, PartialEq)]
    struct Why(String);
    impl<'de> Deserialize<'de> for Why {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            Ok(Self(u8::deserialize(deserializer).unwrap_err().to_string()))
        }
    }
    takes("x", Why("the data does not fit: expected u8, found a binary".to_owned()));
}

#[test]
fn elements_that_a_type_leaves_are_an_error() {
    #[derive(Debug)]
    struct First;
    impl<'de> Deserialize<'de> for First {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(FirstVisitor)
        }
    }
    struct FirstVisitor;
    impl<'de> Visitor<'de> for FirstVisitor {
        type Value = First;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("one")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<First, A::Error> {
            seq.next_element::<u8>().map(|_| First)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<First, A::Error> {
            map.next_entry::<u8, u8>().map(|_| First)
        }
    }
    let one = Term::from(1);
    assert!(from_term::<First>(&Term::list([one.clone()])).is_ok());
    refuses::<First>(1_u128 << 64, "expected one, found an integer of more than 64 bits");
    refuses::<First>(Term::list([one.clone(), "x".into()]), "more elements than the type takes");
    refuses::<First>(
        Term::map([(one.clone(), one), (2.into(), 2.into())]),
        "more pairs than the type takes",
    );
}

#[test]
fn values_of_a_variant_that_a_type_leaves_are_an_error() {
    #[derive(Debug, PartialEq)]
    struct Tag(String);
    impl<'de> Deserialize<'de> for Tag {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_enum("", &[], TagVisitor)
        }
    }
    struct TagVisitor;
    impl<'de> Visitor<'de> for TagVisitor {
        type Value = Tag;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a tag")
        }
        fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<Tag, A::Error> {
            Ok(Tag(variant.variant()?.0))
        }
    }
    takes(atom("ok"), Tag("ok".to_owned()));
    let tuple = Term::tuple([atom("ok"), 1.into()]);
    refuses::<Tag>(tuple.clone(), "a variant whose values the type does not read");
    refuses::<(Tag, u8)>(
        Term::tuple([tuple, 2.into()]),
        "a variant whose values the type does not read",
    );
}

#[test]
fn a_type_is_told_how_much_there_is_to_read() {
    #[derive(Debug, PartialEq)]
    struct Hint(Option<usize>);
    impl<'de> Deserialize<'de> for Hint {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(HintVisitor)
        }
    }
    struct HintVisitor;
    /// With fields.
    #[derive(Debug, PartialEq)]
    struct FieldsHint(Option<usize>);
    impl<'de> Deserialize<'de> for FieldsHint {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_struct("", &["a"], HintVisitor).map(|hint| Self(hint.0))
        }
    }
    impl<'de> Visitor<'de> for HintVisitor {
        type Value = Hint;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("elements")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Hint, A::Error> {
            let hint = seq.size_hint();
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Hint(hint))
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Hint, A::Error> {
            let hint = map.size_hint();
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Hint(hint))
        }
    }
    takes(Term::list([atom("a"), atom("b"), atom("c")]), Hint(Some(3)));
    takes(Term::byte_list([1, 2, 3, 4]), Hint(Some(4)));
    takes(Term::map([(atom("a"), 1.into()), (atom("b"), 2.into())]), Hint(Some(2)));
    takes(Term::map([(atom("a"), 1.into()), (atom("b"), 2.into())]), FieldsHint(Some(2)));
}
