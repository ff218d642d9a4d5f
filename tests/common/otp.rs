//! A real Erlang/OTP at the other end of a pipe.
//!
//! [`Otp::start`] finds `erl` on the path and hands it the program `otp_peer.erl`; requests are
//! batches, so that a hundred thousand terms take a second or two.

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use super::{difference, say::say};

/// With this environment variable set to 1 a missing OTP is a failure.
const REQUIRE: &str = "PHOENIX_TOKEN_REQUIRE_OTP";

const PROGRAM: &str = include_str!("otp_peer.erl");

/// Compiles the program that comes as the first packet, and runs it. Atoms from damaged bytes stay
/// for good: their table must hold them all.
const START: &str = r"
    Port = open_port({fd, 0, 1}, [binary, {packet, 4}, eof]),
    {ok, Tokens, _} = erl_scan:string(receive {Port, {data, Text}} -> binary_to_list(Text) end),
    Forms = fun Forms([]) -> [];
                Forms(Left) ->
                    {Form, [Dot | Rest]} =
                        lists:splitwith(fun(Token) -> element(1, Token) =/= dot end, Left),
                    {ok, Parsed} = erl_parse:parse_form(Form ++ [Dot]),
                    [Parsed | Forms(Rest)]
            end,
    {ok, Module, Code} = compile:forms(Forms(Tokens)),
    {module, Module} = code:load_binary(Module, [], Code),
    Module:run(Port).";

const ATOMS: &str = "8000000";

pub struct Otp {
    child: Child,
    requests: Option<ChildStdin>,
    answers: ChildStdout,
    release: u32,
}

/// What `binary_to_term`, and after it Plug's rule against functions and ports, say of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Refused,
    /// The term takes so many bytes, and holds a function or a port.
    Executable {
        used: usize,
    },
    /// The term takes so many bytes, and is written again as `canonical`.
    Term {
        used: usize,
        canonical: Vec<u8>,
    },
    /// Not asked: it would have been the end of OTP.
    Fatal,
}

/// What Plug.Crypto's rule, run by OTP, says of a signed token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenVerdict {
    /// No token of this key.
    Refused,
    Expired,
    /// Signed in the future.
    Future,
    /// An exception.
    Raises,
    /// Valid, with the canonical encoding of the data.
    Valid(Vec<u8>),
}

/// How OTP compares two terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// By `<` and `>`.
    pub order: std::cmp::Ordering,
    /// By `=:=`.
    pub same: bool,
}

/// One term, written in every way that OTP has.
#[derive(Clone, Debug)]
pub struct Encodings {
    /// `[deterministic, {minor_version, 2}]`.
    pub canonical: Vec<u8>,
    /// By default, with minor versions 0 and 1, and compressed.
    pub others: Vec<Vec<u8>>,
}

impl Otp {
    /// Starts one; or says why not, and gives `None` unless it is required.
    pub fn start(test: &str) -> Option<Self> {
        match Self::spawn() {
            Ok(otp) => Some(otp),
            Err(error) if std::env::var(REQUIRE).is_ok_and(|value| value == "1") => {
                panic!("{REQUIRE} is set, and erl does not start: {error}")
            }
            Err(error) => {
                say(format_args!("{test}: skipped, as erl does not start ({error})"));
                None
            }
        }
    }

    fn spawn() -> std::io::Result<Self> {
        let mut child = Command::new("erl")
            // A crash is told by the end of the pipe, and leaves no file behind.
            .env("ERL_CRASH_DUMP_SECONDS", "0")
            .args(["+t", ATOMS, "-noinput", "-boot", "start_clean", "-eval", START])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let requests = child.stdin.take();
        let answers = child.stdout.take().expect("piped");
        let mut otp = Self { child, requests, answers, release: 0 };
        otp.write(PROGRAM.as_bytes())?;
        let release = otp.request(b'i', &[]).concat();
        otp.release = String::from_utf8_lossy(&release).parse().expect("a release");
        Ok(otp)
    }

    /// 25, 26, 27...
    pub fn release(&self) -> u32 {
        self.release
    }

    /// What OTP makes of each.
    pub fn judge(&mut self, items: &[Vec<u8>]) -> Vec<Verdict> {
        let asked: Vec<_> = items
            .iter()
            .map(|item| (!difference::is_fatal_to_otp(item)).then_some(&item[..]))
            .collect();
        let answers = self.request(b'j', &asked.iter().copied().flatten().collect::<Vec<_>>());
        let mut answers = answers.iter().map(|answer| verdict(answer));
        let judged = asked.iter().map(|item| match item {
            Some(_) => answers.next().expect("an answer for each"),
            None => Verdict::Fatal,
        });
        judged.collect()
    }

    /// What OTP makes of each token at `now`, in milliseconds, under the key of its HMAC.
    pub fn verify(&mut self, key: &[u8], now: i64, tokens: &[String]) -> Vec<TokenVerdict> {
        let now = now.to_be_bytes();
        let mut items = vec![key, &now];
        items.extend(tokens.iter().map(String::as_bytes));
        let answers = self.request(b'v', &items);
        answers.iter().map(|answer| token_verdict(answer)).collect()
    }

    /// The canonical encoding of each term of Erlang's own syntax.
    pub fn parse(&mut self, texts: &[String]) -> Vec<Vec<u8>> {
        let items: Vec<_> = texts.iter().map(String::as_bytes).collect();
        self.request(b't', &items)
    }

    /// Compares the encoded terms two by two.
    pub fn compare(&mut self, pairs: &[[Vec<u8>; 2]]) -> Vec<Comparison> {
        let items: Vec<_> = pairs.iter().flatten().map(Vec::as_slice).collect();
        let answers = self.request(b'c', &items);
        answers.iter().map(|answer| comparison(answer)).collect()
    }

    /// The canonical encoding of the list of these terms, sorted.
    pub fn sort(&mut self, items: &[Vec<u8>]) -> Vec<u8> {
        let items: Vec<_> = items.iter().map(Vec::as_slice).collect();
        self.request(b's', &items).concat()
    }

    /// Random terms of OTP's own making.
    pub fn generate(&mut self, seed: u64, count: u32) -> Vec<Encodings> {
        let request = [&seed.to_be_bytes()[..], &count.to_be_bytes()].concat();
        let answers = self.request(b'g', &[&request]);
        let encodings = answers
            .chunks(answers.len() / count as usize)
            .map(|chunk| Encodings { canonical: chunk[0].clone(), others: chunk[1..].to_vec() });
        encodings.collect()
    }

    fn request(&mut self, kind: u8, items: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut request = vec![kind];
        for item in items {
            request.extend(u32::try_from(item.len()).expect("a small item").to_be_bytes());
            request.extend_from_slice(item);
        }
        let mut answer = self.ask(&request);
        // Should OTP 25 end by a segmentation fault for another reason than the one that is known, it is
        // asked again. Where the request itself is at fault, it is so each time.
        for _ in 0..3 {
            if answer.is_err() {
                say(format_args!("OTP {}: ended by itself, and is started anew", self.release));
                *self = Self::spawn().expect("erl starts again");
                answer = self.ask(&request);
            }
        }
        let answer = answer.expect("erl answers");
        let mut rest = &answer[..];
        std::iter::from_fn(|| take_item(&mut rest)).collect()
    }

    fn ask(&mut self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        self.write(request)?;
        self.read()
    }

    fn write(&mut self, packet: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(packet.len()).expect("a small packet");
        let requests = self.requests.as_mut().expect("open until dropped");
        requests.write_all(&length.to_be_bytes())?;
        requests.write_all(packet)?;
        requests.flush()
    }

    fn read(&mut self) -> std::io::Result<Vec<u8>> {
        let mut length = [0; 4];
        self.answers.read_exact(&mut length)?;
        let mut packet = vec![0; u32::from_be_bytes(length) as usize];
        self.answers.read_exact(&mut packet)?;
        Ok(packet)
    }
}

impl Drop for Otp {
    fn drop(&mut self) {
        // The end of its input is the end of it.
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

fn take_item(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let (length, after) = rest.split_first_chunk()?;
    let (item, after) = after.split_at(u32::from_be_bytes(*length) as usize);
    *rest = after;
    Some(item.to_vec())
}

fn verdict(answer: &[u8]) -> Verdict {
    let used = |bytes: &[u8]| u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize;
    match answer[0] {
        b'r' => Verdict::Refused,
        b'x' => Verdict::Executable { used: used(answer) },
        b'o' => Verdict::Term { used: used(answer), canonical: answer[5..].to_vec() },
        other => panic!("no verdict: {other}"),
    }
}

fn token_verdict(answer: &[u8]) -> TokenVerdict {
    match answer[0] {
        b'r' => TokenVerdict::Refused,
        b'e' => TokenVerdict::Expired,
        b'i' => TokenVerdict::Future,
        b'!' => TokenVerdict::Raises,
        b'o' => TokenVerdict::Valid(answer[1..].to_vec()),
        other => panic!("no verdict: {other}"),
    }
}

fn comparison(answer: &[u8]) -> Comparison {
    let order = match answer[0] {
        b'<' => std::cmp::Ordering::Less,
        b'=' => std::cmp::Ordering::Equal,
        b'>' => std::cmp::Ordering::Greater,
        other => panic!("no order: {other}"),
    };
    Comparison { order, same: answer[1] == b'=' }
}
