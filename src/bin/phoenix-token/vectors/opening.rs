//! Opens a token at the file's own time, under each rule for tokens of the future, and holds what
//! comes out against the file.

use std::time::Duration;

use serde::Deserialize;

use super::{
    base64url,
    difference::{self, Difference},
    file::{Age, ensure},
    report::Report,
    term_json::TermJson,
};
use phoenix_token::{MaxAge, Timestamp, TokenKey, Verified, Verify, VerifyError, term::Term};

/// `{"ok": term}`, `{"error": why}`, or `{"raised": exception}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TokenResult {
    Ok(TermJson),
    Error(Refusal),
    Raised(#[allow(dead_code, reason = "read so that an unknown one is an error")] Exception),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Refusal {
    Missing,
    Invalid,
    Expired,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "the names are Elixir's")]
pub(crate) enum Exception {
    ArgumentError,
    ArithmeticError,
    CaseClauseError,
}

/// What a release does with a token signed in the future: 2.1 and before accept any, later ones
/// none. A file has answers of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FutureRule {
    AcceptsAny,
    AcceptsNone,
}

#[derive(Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) key: &'a TokenKey,
    pub(crate) operation: Operation,
    pub(crate) token: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) max_age: Option<Age>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Operation {
    Sign,
    Encrypt,
}

pub(crate) type Answer = Result<Verified<Term>, VerifyError>;

impl Opening<'_> {
    /// Verifies or decrypts.
    pub(crate) fn open(&self, options: Verify) -> Answer {
        match self.operation {
            Operation::Sign => self.key.verify_term(self.token, &options),
            Operation::Encrypt => self.key.decrypt_term(self.token, &options),
        }
    }

    /// As a `Term` and through serde there is one answer.
    fn open_twice(&self, options: Verify) -> Result<Answer, String> {
        let serde = match self.operation {
            Operation::Sign => self.key.verify_with::<Term>(self.token, &options),
            Operation::Encrypt => self.key.decrypt_with::<Term>(self.token, &options),
        };
        let term = self.open(options);
        ensure(term == serde, || format!("{term:?}, through serde {serde:?}"))?;
        Ok(term)
    }

    fn options(&self) -> Verify {
        let options = Verify::at(self.now);
        self.max_age.map_or(options, |max_age| options.max_age(max_age))
    }

    /// The exact result under the file's own rule for the future; and under the default tolerance
    /// the same, or the difference that is wanted.
    pub(crate) fn check(
        &self,
        expected: &TokenResult,
        rule: &mut Option<FutureRule>,
        report: &mut Report,
    ) -> Result<(), String> {
        let any = self.open_twice(self.options().accept_any_future())?;
        let none = self.open_twice(self.options().tolerance(Duration::ZERO))?;
        let default = self.open_twice(self.options())?;
        let Some(ahead) = self.ahead().filter(|_| any != none) else {
            // No matter of the future: every tolerance gives the same.
            ensure(none == any, || format!("{any:?}, without a tolerance {none:?}"))?;
            ensure(default == any, || format!("{any:?}, by default {default:?}"))?;
            return self.compare(&any, expected, report);
        };

        let invalid = matches!(expected, TokenResult::Error(Refusal::Invalid));
        let own = if invalid { FutureRule::AcceptsNone } else { FutureRule::AcceptsAny };
        ensure(*rule.get_or_insert(own) == own, || "two rules for the future".to_owned())?;
        self.compare(if invalid { &none } else { &any }, expected, report)?;

        let tolerated = ahead <= Duration::from_secs(60);
        let expected_default = if tolerated { &any } else { &none };
        ensure(default == *expected_default, || format!("by default {default:?}"))?;
        if default.is_err() != invalid {
            report.differs(Difference::FutureDated);
        }
        Ok(())
    }

    /// How far in the future the token was signed, where it was.
    fn ahead(&self) -> Option<Duration> {
        let ageless = Verify::at(self.now).max_age(MaxAge::INFINITY).accept_any_future();
        let signed_at = self.open(ageless).ok()?.signed_at?;
        let ahead = i128::from(signed_at.as_millis()).checked_sub(self.now.as_millis().into())?;
        u64::try_from(ahead).ok().filter(|ahead| *ahead > 0).map(Duration::from_millis)
    }

    fn compare(
        &self,
        answer: &Answer,
        expected: &TokenResult,
        report: &mut Report,
    ) -> Result<(), String> {
        match (expected, answer) {
            (TokenResult::Ok(term), Ok(verified)) => {
                let term = term.to_term()?;
                ensure(verified.data == term, || format!("{:?} for {term:?}", verified.data))?;
                ensure(verified.key == 0, || format!("key {}", verified.key))
            }
            (TokenResult::Error(Refusal::Expired), Err(VerifyError::Expired { since })) => {
                self.check_since(*since)
            }
            (TokenResult::Error(Refusal::Invalid), Err(VerifyError::Invalid))
            | (TokenResult::Error(Refusal::Missing), Err(VerifyError::Missing)) => Ok(()),
            (TokenResult::Raised(_), Err(VerifyError::Invalid)) => {
                report.differs(Difference::Raises);
                Ok(())
            }
            (TokenResult::Ok(_), Err(refusal)) => {
                report.differs(self.wanted(refusal).ok_or_else(|| format!("{refusal:?}"))?);
                Ok(())
            }
            _ => Err(format!("{answer:?} for {expected:?}")),
        }
    }

    /// An expired token tells the last moment at which it was valid.
    fn check_since(&self, since: Option<Timestamp>) -> Result<(), String> {
        let ageless = self.open(Verify::at(self.now).max_age(MaxAge::INFINITY));
        let signed_at = ageless.ok().and_then(|verified| verified.signed_at);
        let Some(age) = self.max_age.and_then(Age::millis) else { return Ok(()) };
        let end = signed_at.map(|at| at.as_millis().saturating_add(age));
        if signed_at.is_some_and(|at| [i64::MIN, i64::MAX].contains(&at.as_millis())) {
            // It is beyond what a timestamp holds, and so may its end be.
            return Ok(());
        }
        ensure(since.map(Timestamp::as_millis) == end, || format!("since {since:?}, not {end:?}"))
    }

    /// Why this crate refuses what the real library accepted.
    fn wanted(&self, refusal: &VerifyError) -> Option<Difference> {
        if self.operation != Operation::Sign {
            return None;
        }
        let payload = base64url::decode(self.token.split('.').nth(1)?)?;
        match refusal {
            VerifyError::Local => {
                (payload.get(1) == Some(&121)).then_some(Difference::TrailingOrNodeInternal)
            }
            VerifyError::Invalid => difference::in_term(&payload).map(|(difference, _)| difference),
            _ => None,
        }
    }
}
