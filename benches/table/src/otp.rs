//! Erlang/OTP in a process of its own, where it is installed.

use std::{
    cell::RefCell,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    rc::Rc,
};

use crate::measure::{Case, Kind};

#[derive(Clone)]
pub struct Otp(Option<Rc<RefCell<Pipe>>>);

struct Pipe {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Otp {
    pub fn start() -> Self {
        let path = std::env::temp_dir().join(format!("otp-{}.escript", std::process::id()));
        // The first line of a script is the shell's.
        let script = concat!("#!/usr/bin/env escript\n", include_str!("otp.escript"));
        std::fs::write(&path, script).unwrap();
        let child =
            Command::new("escript").arg(&path).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut child) = child else {
            println!("Erlang is not installed: its column is left out");
            return Self(None);
        };
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut pipe = Pipe { child, stdin, stdout };
        pipe.ask("mac 00 00", 1);
        std::fs::remove_file(&path).unwrap();
        Self(Some(Rc::new(RefCell::new(pipe))))
    }

    /// `:crypto.mac(:hmac, :sha256, key, covered)`
    pub fn mac(&self, token: &str) -> Vec<Case<'static>> {
        let covered = token.rsplit_once('.').unwrap().0;
        let call = format!("mac {} {}", hex(&[7; 32]), hex(covered.as_bytes()));
        self.case("OTP, :crypto.mac alone", call)
    }

    pub fn binary_to_term(&self, bytes: &[u8]) -> Vec<Case<'static>> {
        self.case("OTP, binary_to_term", format!("binary_to_term {} -", hex(bytes)))
    }

    pub fn term_to_binary(&self, bytes: &[u8]) -> Vec<Case<'static>> {
        self.case("OTP, term_to_binary", format!("term_to_binary {} -", hex(bytes)))
    }

    fn case(&self, name: &'static str, call: String) -> Vec<Case<'static>> {
        let Self(Some(pipe)) = self.clone() else { return Vec::new() };
        vec![Case::timed_by_itself(Kind::Peer, name, move |runs| {
            pipe.borrow_mut().ask(&call, runs)
        })]
    }
}

impl Pipe {
    /// Nanoseconds of one run.
    fn ask(&mut self, call: &str, runs: usize) -> f64 {
        writeln!(self.stdin, "{call} {runs}").unwrap();
        self.stdin.flush().unwrap();
        let mut answer = String::new();
        self.stdout.read_line(&mut answer).unwrap();
        answer.trim().parse::<f64>().unwrap() / runs as f64
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
