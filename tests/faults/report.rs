//! The figures.

use std::{collections::BTreeMap, time::Duration};

/// What happened to the posts of a while.
#[derive(Default)]
pub struct Tally {
    /// Decisions that got their 200.
    pub acknowledged: u64,
    /// Answers by their status.
    pub answers: BTreeMap<u16, u64>,
    /// Nobody listened.
    pub refused: u64,
    /// The connection ended without an answer.
    pub cut: u64,
    /// Neither answer nor end.
    pub hung: u64,
    /// How long genuine webhooks waited for their answer, milliseconds.
    waits: Vec<u32>,
}

impl Tally {
    pub fn count(&mut self, result: &reqwest::Result<reqwest::Response>, took: Duration, genuine: bool) {
        match result {
            Ok(answer) => {
                *self.answers.entry(answer.status().as_u16()).or_default() += 1;
                if genuine {
                    self.waits.push(took.as_millis() as u32);
                }
            }
            Err(error) if error.is_timeout() => self.hung += 1,
            Err(error) if error.is_connect() => self.refused += 1,
            Err(_) => self.cut += 1,
        }
    }

    pub fn answers(&self, status: u16) -> u64 {
        self.answers.get(&status).copied().unwrap_or(0)
    }

    /// Milliseconds in which so many percent were answered.
    pub fn wait(&mut self, percent: usize) -> u32 {
        self.waits.sort_unstable();
        let place = (self.waits.len() * percent / 100).min(self.waits.len().saturating_sub(1));
        self.waits.get(place).copied().unwrap_or(0)
    }
}

/// What was seen of one fault, over all of its rounds.
#[derive(Default)]
pub struct Line {
    pub rounds: u32,
    /// Processes killed.
    pub kills: u64,
    pub total: Tally,
    /// How long after its end the next opt-out got its 200, at the most.
    pub back_after: Duration,
    pub lost: u64,
}

impl Line {
    pub fn add(&mut self, tally: Tally) {
        let total = &mut self.total;
        total.acknowledged += tally.acknowledged;
        for (status, count) in tally.answers {
            *total.answers.entry(status).or_default() += count;
        }
        total.refused += tally.refused;
        total.cut += tally.cut;
        total.hung += tally.hung;
        total.waits.extend(tally.waits);
    }
}

pub fn print(lines: &mut BTreeMap<&'static str, Line>) {
    println!(
        "| fault | rounds | kills | opt-outs with a 200 | 503 | refused, cut | answered in (p99, most) | back after | lost |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (name, line) in lines {
        let (most_of_them, slowest) = (line.total.wait(99), line.total.wait(100));
        println!(
            "| {name} | {} | {} | {} | {} | {}, {} | {} ms, {} ms | {} ms | {} |",
            line.rounds,
            line.kills,
            line.total.acknowledged,
            line.total.answers(503),
            line.total.refused,
            line.total.cut,
            most_of_them,
            slowest,
            line.back_after.as_millis(),
            line.lost,
        );
    }
}
