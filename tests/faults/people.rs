//! Who wrote what, and what must be in Redis because of it.

use std::collections::HashSet;

use baja::signature::sign;
use serde_json::{Value, json};

use super::{
    dice::Dice,
    webhook::{self, NUMBER, button, message, now, typed},
};

pub const SECRET: &str = "an-invented-app-secret";
pub const SUPPRESSED: &str = "baja:{acme}:suppressed";
pub const MARKETING: &str = "baja:{acme}:suppressed:marketing";

/// Somebody who decided something.
pub struct Person {
    pub number: String,
    /// The set that they are in when they stay out.
    pub set: &'static str,
    /// Whether the last of their decisions, by its time, is the stop.
    pub stays_out: bool,
    /// How many things they decided.
    pub decisions: u8,
    /// How many of them have not had their 200 yet.
    pub open: u8,
}

/// A webhook to be delivered until there is a 200.
#[derive(Clone)]
pub struct Delivery {
    pub body: String,
    pub signature: String,
    /// Whose decisions are in it.
    pub people: Vec<usize>,
    pub attempts: u32,
    /// Whether it had its 200 before.
    pub again: bool,
    /// Which job's message it is the status of.
    pub status_of: Option<String>,
}

/// Everybody so far.
#[derive(Default)]
pub struct People {
    pub all: Vec<Person>,
    /// Wrote nothing; somebody without the secret said so.
    pub forged: Vec<String>,
    noise: u64,
}

impl People {
    /// Webhooks with the decisions of one to fifty new people, and other messages among them. People who
    /// decided twice come in two webhooks, in any order.
    pub fn write(&mut self, dice: &mut Dice) -> Vec<Delivery> {
        let size = match dice.below(10) {
            0 => 50,
            1..=4 => 2 + dice.below(9),
            _ => 1,
        };
        let (mut first, mut second) = (Parts::default(), Parts::default());
        for _ in 0..size {
            self.decide(dice, &mut first, &mut second);
            if dice.chance(20) {
                self.noise += 1;
                let id = format!("wamid.N{}", self.noise);
                first.messages.push(message(("34699999999", ""), &id, now(), typed("¿llega hoy mi pedido?")));
            }
        }
        let mut deliveries: Vec<_> = [first, second].into_iter().filter_map(Parts::into_delivery).collect();
        dice.shuffle(&mut deliveries);
        deliveries
    }

    fn decide(&mut self, dice: &mut Dice, first: &mut Parts, second: &mut Parts) {
        let index = self.all.len();
        let number = format!("346{index:08}");
        let id = format!("wamid.{index}");
        let mut person =
            Person { number: number.clone(), set: SUPPRESSED, stays_out: true, decisions: 1, open: 1 };
        match dice.below(100) {
            0..50 => {
                let item = json!({ "wa_id": number, "category": "marketing_messages", "value": "stop", "timestamp": now() });
                first.preferences.push(item);
                person.set = MARKETING;
            }
            50..60 => {
                first.messages.push(message((&number, ""), &id, now(), button("No más ofertas", "optout")));
            }
            60..70 => {
                person.stays_out = dice.chance(50);
                (person.decisions, person.open) = (2, 2);
                let (early, late) = if person.stays_out { ("ALTA", "BAJA") } else { ("BAJA", "ALTA") };
                first.messages.push(message((&number, ""), &id, now() - 7200, typed(early)));
                second.messages.push(message((&number, ""), &format!("{id}.2"), now() - 3600, typed(late)));
                second.people.push(index);
            }
            _ => first.messages.push(message((&number, ""), &id, now(), typed("BAJA"))),
        }
        first.people.push(index);
        self.all.push(person);
    }

    /// An opt-out that Meta never signed.
    pub fn forge(&mut self) -> Delivery {
        let number = format!("347{:08}", self.forged.len());
        let body = webhook::says(&number, &format!("wamid.F{}", self.forged.len()), "BAJA");
        self.forged.push(number);
        let signature = sign("somebody-else's-secret", body.as_bytes()).unwrap();
        Delivery { body, signature, people: Vec::new(), attempts: 0, again: false, status_of: None }
    }

    pub fn delivered(&mut self, delivery: &Delivery) {
        if !delivery.again {
            delivery.people.iter().for_each(|&index| self.all[index].open -= 1);
        }
    }

    /// Who must be in the set: everybody whose decisions all had their 200, or everybody.
    pub fn expected(&self, set: &str, only_delivered: bool) -> HashSet<&str> {
        let there = self.all.iter().filter(|person| person.set == set && person.stays_out);
        let there = there.filter(|person| !only_delivered || person.open == 0);
        there.map(|person| person.number.as_str()).collect()
    }

    /// How many have a decision without its 200.
    pub fn undelivered(&self) -> usize {
        self.all.len() - self.acknowledged()
    }

    /// How many opt-outs had their 200.
    pub fn acknowledged(&self) -> usize {
        self.all.iter().filter(|person| person.open == 0).count()
    }
}

#[derive(Default)]
struct Parts {
    messages: Vec<Value>,
    preferences: Vec<Value>,
    people: Vec<usize>,
}

impl Parts {
    fn into_delivery(self) -> Option<Delivery> {
        if self.people.is_empty() {
            return None;
        }
        let mut changes = Vec::new();
        if !self.messages.is_empty() {
            changes.push((NUMBER, "messages", json!({ "messages": self.messages })));
        }
        if !self.preferences.is_empty() {
            changes.push((NUMBER, "user_preferences", json!({ "user_preferences": self.preferences })));
        }
        let body = webhook::body(&changes);
        let signature = sign(SECRET, body.as_bytes()).unwrap();
        Some(Delivery { body, signature, people: self.people, attempts: 0, again: false, status_of: None })
    }
}
