//! Other serializers than the external term format.

use phoenix_token::{SignError, VerifyError, cookie::SessionData, term::Limits};

use super::kinds;

#[test]
fn bytes_are_the_callers_own_serializer() {
    for cookie in kinds() {
        let value = cookie.write(&b"no term".to_vec()).unwrap();
        assert_eq!(cookie.read_as::<Vec<u8>>(&value), Ok(b"no term".to_vec()));
        assert_eq!(cookie.read(&value), Err(VerifyError::Invalid));
    }
}

/// A serializer of the caller's: a counter in decimal.
#[derive(Debug, PartialEq)]
struct Visits(u32);

impl SessionData for Visits {
    fn encode(&self, out: &mut Vec<u8>, _: Limits) -> Result<(), SignError> {
        out.extend(self.0.to_string().bytes());
        Ok(())
    }

    fn decode(bytes: &[u8], _: Limits) -> Result<Self, VerifyError> {
        let text = std::str::from_utf8(bytes).map_err(|_| VerifyError::Invalid)?;
        text.parse().map(Self).map_err(|_| VerifyError::Invalid)
    }
}

#[test]
fn a_type_of_the_caller_is_a_serializer() {
    for cookie in kinds() {
        let value = cookie.write(&Visits(12)).unwrap();
        assert_eq!(cookie.read_as(&value), Ok(Visits(12)));
        let value = cookie.write(&b"-1".to_vec()).unwrap();
        assert_eq!(cookie.read_as::<Visits>(&value), Err(VerifyError::Invalid));
    }
}

#[cfg(feature = "cbor")]
#[test]
fn a_session_may_be_cbor() {
    use super::{holding, signed};
    use phoenix_token::Cbor;

    let value = signed().write(&Cbor((1_u8, "Ada".to_owned()))).unwrap();
    assert_eq!(signed().read_as::<Vec<u8>>(&value).unwrap(), b"\x82\x01\x63Ada");
    let read = |bytes: &[u8]| signed().read_as::<Cbor<(u8, String)>>(&holding(bytes));
    assert_eq!(read(b"\x82\x01\x63Ada"), Ok(Cbor((1, "Ada".to_owned()))));
    assert_eq!(read(b"\x82\x01\x63Ada\x00"), Err(VerifyError::Invalid), "trailing");
    assert_eq!(read(b"\x82\x01"), Err(VerifyError::Invalid), "cut short");
    let Err(VerifyError::Data(error)) = read(b"\x82\x01\x02") else { unreachable!("no string") };
    assert_eq!(error.to_string(), "the data does not fit: CBOR for another type");
}

#[cfg(feature = "json")]
#[test]
fn a_session_may_be_json() {
    use super::{holding, signed};
    use phoenix_token::cookie::Json;

    let value = signed().write(&Json((1_u8, "Ada".to_owned()))).unwrap();
    assert_eq!(signed().read_as::<Vec<u8>>(&value).unwrap(), br#"[1,"Ada"]"#);
    let read = |bytes: &[u8]| signed().read_as::<Json<(u8, String)>>(&holding(bytes));
    assert_eq!(read(br#"[1, "Ada"]"#), Ok(Json((1, "Ada".to_owned()))));
    assert_eq!(read(br#"[1, "Ada"]."#), Err(VerifyError::Invalid), "trailing");
    assert_eq!(read(b"[1,"), Err(VerifyError::Invalid), "cut short");
    let Err(VerifyError::Data(error)) = read(b"[1, 2]") else { unreachable!("no string") };
    assert_eq!(error.to_string(), "the data does not fit: JSON for another type");
}
