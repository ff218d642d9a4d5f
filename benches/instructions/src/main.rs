//! Runs one operation on an id so many times: `instructions verify 1000`. See `count`.

use std::hint::black_box;

use phoenix_token::{SecretKeyBase, Timestamp, TokenKey};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, operation, times] = &arguments[..] else { panic!("an operation and a number") };
    let now = Timestamp::from_secs(1_767_268_800);
    let secret = SecretKeyBase::new("a secret key base of at least twenty bytes").unwrap();
    let key = TokenKey::derive(&secret, "user auth");
    let signed = key.sign_at(&42, now).unwrap();
    let encrypted = key.encrypt_at(&42, now).unwrap();
    for _ in 0..times.parse().unwrap() {
        match operation.as_str() {
            "sign" => _ = black_box(key.sign_at(black_box(&42), now).unwrap()),
            "verify" => _ = black_box(key.verify_at::<u64>(black_box(&signed), now).unwrap()),
            "encrypt" => _ = black_box(key.encrypt_at(black_box(&42), now).unwrap()),
            "decrypt" => _ = black_box(key.decrypt_at::<u64>(black_box(&encrypted), now).unwrap()),
            other => panic!("no operation {other}"),
        }
    }
}
