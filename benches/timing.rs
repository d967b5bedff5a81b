//! Whether the time of a comparison tells how much of a guess is right (after Reparaz, Balasch and Verbauwhede, "Dude, is
//! my code constant time?", 2017). `cargo bench --bench timing`; `ROUNDS=1000000` for more of them.
//!
//! Two kinds of guesses are timed in random order, and Welch's t-test says whether their means differ. |t| above 4.5 is
//! a difference. The first row is a comparison that stops at the first difference: it must be found, or the run
//! says nothing of the others.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench that fails should say where")]

use std::{collections::BTreeSet, hint::black_box, time::Instant};

use baja::{
    access::{Access, AccessToken, Grant, NewToken, Role},
    signature::{AppSecrets, VerifyTokens, sign},
};

/// A difference above this is one (the threshold of the paper).
const THRESHOLD: f64 = 4.5;
/// Calls in one measurement, so that it is well above the clock's step.
const CALLS: usize = 8;
/// The slowest measurements are left out, since they are of what else the machine did.
const KEPT: f64 = 0.9;

/// One kind of guesses, as they were timed: count, mean and sum of squared differences.
#[derive(Default)]
struct Sample {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Sample {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let difference = value - self.mean;
        self.mean += difference / self.count;
        self.squares += difference * (value - self.mean);
    }

    /// The variance of the mean.
    fn error(&self) -> f64 {
        self.squares / (self.count - 1.0) / self.count
    }
}

/// Times `compare` on both guesses in random order; prints the means and Welch's t.
fn row(name: &str, rounds: usize, guesses: [&str; 2], compare: impl Fn(&str) -> bool) {
    // Both are looked at in one place, so that where they lie makes no difference.
    let mut place = String::with_capacity(256);
    let mut times: Vec<(usize, f64)> = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let kind = usize::from(rand::random::<bool>());
        place.clear();
        place.push_str(if kind == 0 { guesses[0] } else { guesses[1] });
        let began = Instant::now();
        for _ in 0..CALLS {
            black_box(compare(black_box(place.as_str())));
        }
        times.push((kind, began.elapsed().as_nanos() as f64 / CALLS as f64));
    }
    let mut sorted: Vec<f64> = times.iter().map(|(_, time)| *time).collect();
    sorted.sort_by(f64::total_cmp);
    let most = sorted.get((rounds as f64 * KEPT) as usize).copied().unwrap_or(f64::MAX);
    let mut samples = [Sample::default(), Sample::default()];
    for (kind, time) in times.into_iter().filter(|(_, time)| *time <= most) {
        if let Some(sample) = samples.get_mut(kind) {
            sample.add(time);
        }
    }
    let [early, late] = samples;
    let t = (early.mean - late.mean) / (early.error() + late.error()).sqrt();
    let verdict = if t.abs() > THRESHOLD { "differs" } else { "no difference found" };
    println!("{name:<44} {:>9.1} {:>9.1} {t:>8.2}  {verdict}", early.mean, late.mean);
}

/// The text with one character changed.
fn wrong_at(text: &str, place: usize) -> String {
    let change = |(index, letter)| match (index == place, letter) {
        (false, letter) => letter,
        (true, '0') => '1',
        (true, _) => '0',
    };
    text.chars().enumerate().map(change).collect()
}

fn main() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(300_000);
    println!("{:<44} {:>9} {:>9} {:>8}", "wrong at the first / at the last place", "ns", "ns", "t");

    let body = vec![b'x'; 600];
    let right = sign("an-invented-app-secret", &body).unwrap();
    let (first, last) = (wrong_at(&right, 7), wrong_at(&right, right.len() - 1));
    row("control: stops at the first difference", rounds, [&first, &last], |guess| {
        black_box(guess).bytes().zip(black_box(&right).bytes()).all(|(one, other)| one == black_box(other))
    });

    let secrets = AppSecrets::new(["an-invented-app-secret"]).unwrap();
    row("signature of a webhook", rounds, [&first, &last], |guess| {
        secrets.verify([guess.as_bytes()], &body).is_ok()
    });
    let both = AppSecrets::new(["an-invented-app-secret", "another"]).unwrap();
    // Reading the digits of a guess may take as long as it likes, since the guesser knows them: so both have as many letters.
    let letters = |text: &str| text.bytes().filter(u8::is_ascii_alphabetic).count();
    let (body, right, other) = (0..100_000_u32)
        .find_map(|number| {
            let body = format!("{number:0600}").into_bytes();
            let (one, other) = (sign("an-invented-app-secret", &body).ok()?, sign("another", &body).ok()?);
            (letters(&one) == letters(&other)).then_some((body, one, other))
        })
        .unwrap();
    row("signature: which of two secrets it fits", rounds, [&right, &other], |guess| {
        both.verify([guess.as_bytes()], &body).is_ok()
    });

    let token = "an-invented-verify-token-of-a-usual-length";
    let tokens = VerifyTokens::new([token]).unwrap();
    let (first, last) = (wrong_at(token, 0), wrong_at(token, token.len() - 1));
    row("verify token of the handshake", rounds, [&first, &last], |guess| tokens.accept(guess.as_bytes()));

    let new: Vec<_> = (0..8).map(|_| NewToken::random()).collect();
    let grant =
        || Grant { name: "bench".to_owned(), role: Role::Read, reveal: false, businesses: BTreeSet::new() };
    let access = Access::new(new.iter().map(|token| AccessToken { hash: token.hash(), grant: grant() }));
    let known = new.first().unwrap().token().to_owned();
    let (first, last) = (wrong_at(&known, 5), wrong_at(&known, known.len() - 1));
    row("token of the API", rounds, [&first, &last], |guess| access.authenticate(guess).is_some());
    let late = new.last().unwrap().token().to_owned();
    row("token of the API: which of eight it is", rounds, [&known, &late], |guess| {
        access.authenticate(guess).is_some()
    });
}
