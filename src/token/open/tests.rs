//! A payload in one pass is answered as in two, and what is signed can be verified.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use core::time::Duration;

use ::serde::{
    Serialize, Serializer,
    de::DeserializeOwned,
    ser::{SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple},
};
use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::{
    SecretKeyBase,
    serde::from_checked_slice,
    term::{
        Term,
        check::tests::{damage, etf},
        tag,
    },
    time::{MaxAge, Timestamp},
    token::{serde_data, term_data},
};

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

/// Checks all of the payload before its age, and its age before its type.
fn in_two_passes<T: DeserializeOwned>(
    payload: &[u8],
    options: &Verify,
) -> Result<Verified<T>, VerifyError> {
    let body = decode::body(payload, options.limits)?;
    let read =
        |term: &[u8], _| from_checked_slice(term).map_err(|error| VerifyError::Data(error.into()));
    in_time(envelope::read(&body, options.limits)?, 0, options, &read)
}

fn passes_agree<T: DeserializeOwned + PartialEq + core::fmt::Debug>(
    payload: &[u8],
) -> Result<(), TestCaseError> {
    let later = Timestamp::from_secs(1_767_268_800 + 86_401);
    for options in [
        Verify::at(NOW),
        Verify::at(later),
        Verify::at(later).max_age(MaxAge::INFINITY),
        Verify::at(NOW).max_age(Duration::ZERO),
        Verify::at(NOW).limits(Limits::new().depth(1).size(60)),
    ] {
        let one = read_payload::<T>(payload, 0, &options, serde_data::read);
        prop_assert_eq!(one, in_two_passes(payload, &options));
    }
    Ok(())
}

fn all_types_agree(payload: &[u8]) -> Result<(), TestCaseError> {
    passes_agree::<u64>(payload)?;
    passes_agree::<String>(payload)?;
    passes_agree::<Vec<u8>>(payload)?;
    passes_agree::<(u8, Option<i64>)>(payload)?;
    passes_agree::<BTreeMap<String, Term>>(payload)?;
    passes_agree::<Term>(payload)?;
    for options in [Verify::at(NOW), Verify::at(NOW).limits(Limits::new().depth(1))] {
        let one = read_payload(payload, 0, &options, term_data::read);
        prop_assert_eq!(one, in_two_passes::<Term>(payload, &options));
        let none = read_payload(payload, 0, &options, checked);
        prop_assert_eq!(none.is_ok(), in_two_passes::<Term>(payload, &options).is_ok());
    }
    Ok(())
}

/// A payload signed now or a moment later, whatever its data.
fn payload() -> impl Strategy<Value = Vec<u8>> {
    let data = prop_oneof![
        Just(b"\x83a\x2a".to_vec()),
        Just(b"\x83m\0\0\0\x02hi".to_vec()),
        etf(),
        // Its end looks like the times of a common payload.
        Just(b"\x83m\0\0\0\x0en\x06\0\0\0\0\0\0\x01b\0\0\0\x01".to_vec()),
        vec(any::<u8>(), 1..20),
    ];
    (data, -1_i64..2, 0_u8..2).prop_map(|(data, moment, layout)| {
        let signed_at = Timestamp::from_millis(1_767_268_800_000_i64.saturating_add(moment));
        let mut payload = Vec::new();
        envelope::write(&mut payload, signed_at, MaxAge::DEFAULT, |out| {
            out.extend_from_slice(data.get(1..).unwrap_or_default());
            Ok::<_, EncodeError>(())
        })
        .unwrap();
        if layout == 1 {
            // The same without its age, or with the data's last bytes in its place.
            payload.splice(..3, [tag::VERSION, tag::SMALL_TUPLE, 2]);
            payload.truncate(payload.len().saturating_sub(5));
        }
        payload
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]
    #[test]
    fn one_pass_over_a_payload_answers_as_two(payload in payload()) {
        all_types_agree(&payload)?;
    }

    #[test]
    fn one_pass_over_a_damaged_payload_answers_as_two(
        mut payload in payload(),
        faults in vec((any::<Index>(), any::<u8>(), 0_u8..4), 1..3),
    ) {
        damage(&mut payload, &faults);
        all_types_agree(&payload)?;
    }

    #[test]
    fn what_is_signed_is_what_can_be_verified_under_the_same_limits(
        term in data(),
        depth in 0..4_usize,
        size in bound(),
        inflated in bound(),
        compressed in any::<bool>(),
    ) {
        let key = TokenKey::derive(
            &SecretKeyBase::new("a secret key base of twenty bytes").unwrap(),
            "limits",
        );
        let options = Sign::at(NOW);
        #[cfg(feature = "compressed")]
        let options = if compressed { options.compressed() } else { options };
        #[cfg(not(feature = "compressed"))]
        let _ = compressed;
        let limits = Limits::new().depth(depth).size(size).inflated(inflated);
        let any = key.sign_term(&term, &options).unwrap();
        let verifiable = key.verify_term(&any, &Verify::at(NOW).limits(limits)).is_ok();
        let options = options.limits(limits);
        for signed in [key.sign_term(&term, &options), key.sign_with(&term, &options)] {
            prop_assert_eq!(signed.ok(), verifiable.then(|| any.clone()));
        }
    }
}

/// Terms of which some are shorter when compressed.
fn data() -> impl Strategy<Value = Term> {
    let read = etf().prop_filter_map("no term", |etf| Term::decode(&etf).ok());
    let repeated = (0..200_usize).prop_map(|length| Term::from("a".repeat(length)));
    prop_oneof![read, repeated]
}

/// About as large as the payloads, and as those that are compressed.
fn bound() -> impl Strategy<Value = usize> {
    prop_oneof![18..80_usize, 18..240_usize, Just(4 << 20)]
}

#[test]
fn a_limit_on_size_is_one_on_what_is_written_and_not_on_what_is_inflated() {
    let key = TokenKey::derive(
        &SecretKeyBase::new("a secret key base of twenty bytes").unwrap(),
        "limits",
    );
    let data = Term::from("x".repeat(5 << 20));
    let larger = Limits::new().size(8 << 20);
    let token = key.sign_term(&data, &Sign::at(NOW).limits(larger)).unwrap();
    assert_eq!(key.verify_term(&token, &Verify::at(NOW).limits(larger)).unwrap().data, data);
    #[cfg(feature = "compressed")]
    {
        let refused = key.sign_term(&data, &Sign::at(NOW).limits(larger).compressed());
        assert_eq!(refused, Err(EncodeError::OverLimit.into()), "it would be inflated to 5 MiB");
        let data = Term::from("x".repeat(5000));
        let smaller = Limits::new().size(1000);
        let token = key.sign_term(&data, &Sign::at(NOW).limits(smaller).compressed()).unwrap();
        assert_eq!(key.verify_term(&token, &Verify::at(NOW).limits(smaller)).unwrap().data, data);
    }
}

#[test]
fn an_error_that_a_type_keeps_to_itself_is_no_token() {
    /// Writes a part that fails half-way, and goes on.
    struct Careless(u8);

    /// A tuple that ends after its first element.
    struct Half;

    impl Serialize for Half {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_tuple(2)?.serialize_element(&1)?;
            Err(::serde::ser::Error::custom("half"))
        }
    }

    impl Serialize for Careless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => {
                    let mut seq = serializer.serialize_seq(None)?;
                    let _ = seq.serialize_element(&Half);
                    seq.end()
                }
                1 => {
                    let mut tuple = serializer.serialize_tuple(2)?;
                    let _ = tuple.serialize_element(&Half);
                    tuple.serialize_element(&2)?;
                    tuple.end()
                }
                2 => {
                    let mut map = serializer.serialize_map(None)?;
                    map.serialize_key(&1)?;
                    let _ = map.serialize_value(&Half);
                    map.end()
                }
                3 => {
                    let mut map = serializer.serialize_map(None)?;
                    let _ = map.serialize_key(&Half);
                    map.end()
                }
                4 => {
                    let mut fields = serializer.serialize_struct("", 1)?;
                    let _ = fields.serialize_field("a", &Half);
                    fields.end()
                }
                _ => {
                    let mut fields = serializer.serialize_struct("", 2)?;
                    fields.serialize_field("a", &1)?;
                    let _ = fields.serialize_field("a", &2);
                    fields.end()
                }
            }
        }
    }

    for careless in 0..6 {
        assert!(crate::serde::to_vec(&Careless(careless)).is_err(), "{careless}");
    }
}

#[test]
fn a_token_longer_than_any_payload_within_the_limits_is_not_looked_at() {
    // A payload of 30 bytes takes 40 characters; all else that a token may have takes 1024 at most.
    let limits = Limits::new().size(30);
    let length = |characters| presented(Some(&"a".repeat(characters)), limits).map(<[u8]>::len);
    assert_eq!(length(0), Ok(0));
    assert_eq!(length(1064), Ok(1064));
    assert_eq!(length(1065), Err(VerifyError::Invalid));
    assert_eq!(length(10_000), Err(VerifyError::Invalid));
}
