//! A year of a business that nobody has, for the operators' page of the demo: what was sent, who left and why, a template that
//! drives people away, and what waits to be looked at. The same numbers every time, up to today.

use super::stage::{BUSINESS, PHONE_NUMBER_ID};
use crate::{
    clock::unix_millis,
    identity::Person,
    insight::NUMBER_QUALITY,
    intent::{Reason, Scope},
    ledger::{Act, Change, Evidence, Ledger, MessageClass, News, Seen, SeenKind},
    payload::Labels,
};

/// Days of it.
pub(super) const DAYS: i64 = 364;
/// Days of which every message is written.
const RECENT: i64 = 60;
/// So long ago the bad template came.
const BAD_SINCE: i64 = 6;
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// The account, as Meta names it.
pub(super) const WABA: &str = "880011223344556";
const BAD: &str = "flash_sale_48h";

/// A template that nobody minds, because they wait for it: so many a day, of the newest days alone.
const WANTED: (&str, &str, i64, i64) = ("order_update", "account", 640, 14);

/// Templates with what is delivered of each on a day, and how many of ten thousand leave.
const TEMPLATES: [(&str, &str, i64, u64); 3] = [
    ("weekly_offers", "offers", 62, 38),
    ("new_arrivals", "offers", 41, 30),
    ("loyalty_points", "account", 27, 21),
];

/// How Meta has them at the end: name, category, and how people like them.
pub(super) const STANDINGS: [(&str, &str, &str); 5] = [
    (WANTED.0, "UTILITY", "GREEN"),
    ("weekly_offers", "MARKETING", "GREEN"),
    ("new_arrivals", "MARKETING", "YELLOW"),
    ("loyalty_points", "MARKETING", "GREEN"),
    (BAD, "MARKETING", "RED"),
];

/// Words that people leave with: the words, the rule and its language.
const WORDS: [(&str, &str, &str); 12] = [
    ("BAJA", "es/keyword/baja", "es"),
    ("Baja por favor", "es/keyword/baja", "es"),
    ("ya no me manden mensajes", "es/pattern/do-not-send", "es"),
    ("quiero darme de baja", "es/pattern/leave-the-list", "es"),
    ("STOP", "en/keyword/stop", "en"),
    ("please stop texting me", "en/pattern/stop-sending", "en"),
    ("SAIR", "pt/keyword/sair", "pt"),
    ("não quero mais receber", "pt/pattern/do-not-want", "pt"),
    ("cancelar inscrição", "pt/pattern/leave-the-list", "pt"),
    ("ARRÊT", "fr/keyword/arret", "fr"),
    ("unsubscribe", "en/keyword/unsubscribe", "en"),
    ("no más promociones", "es/pattern/no-more", "es"),
];

const REASONS: [Reason; 5] =
    [Reason::LostInterest, Reason::Content, Reason::LostInterest, Reason::Solved, Reason::NoConsent];

/// A die that falls the same way every time.
struct Dice(u64);

impl Dice {
    /// From 0 to below `sides`.
    fn throw(&mut self, sides: u64) -> u64 {
        // Xorshift (Marsaglia 2003): good enough for numbers that are looked at.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let place = self.throw(from.len() as u64);
        from.get(usize::try_from(place).unwrap_or_default())
    }
}

/// Everything that is to be written.
struct Year {
    dice: Dice,
    now: i64,
    people: u64,
    messages: u64,
    sends: Vec<Seen>,
    changes: Vec<Change>,
}

/// Writes the year that ends `now` (unix milliseconds).
pub(super) async fn write(ledger: &Ledger, now: i64) -> anyhow::Result<()> {
    let mut year = Year {
        dice: Dice(0x9E37_79B9_7F4A_7C15),
        now,
        people: 0,
        messages: 0,
        sends: Vec::new(),
        changes: Vec::new(),
    };
    for ago in (0..=DAYS).rev() {
        year.day(ago);
    }
    let Year { sends, mut changes, .. } = year;
    ledger.note_sends(BUSINESS, &sends, 0).await?;
    changes.sort_by_key(|change| change.at);
    let batch: Vec<_> = changes.iter().map(|change| (BUSINESS, change.clone())).collect();
    for part in batch.chunks(500) {
        ledger.apply(part).await?;
    }
    ledger.note_news(BUSINESS, &news(now)).await?;
    ledger.note_sends(BUSINESS, &breaches(&changes), 0).await?;
    ledger.bury(BUSINESS, &DEAD_LETTERS).await?;
    // The service counts as well; whoever is first moves the cursor.
    while ledger.count_decisions(BUSINESS).await?.taken > 0 {}
    Ok(())
}

impl Year {
    fn day(&mut self, ago: i64) {
        let begins = self.now - ago * DAY_MS;
        // It grows over the year, sleeps on Sundays, and has two campaigns.
        let is_sunday = (begins / DAY_MS + 4).rem_euclid(7) == 0;
        let grown = 55 + (DAYS - ago) * 45 / DAYS;
        let campaign = if (20..26).contains(&ago) || (180..186).contains(&ago) { 17 } else { 10 };
        let share = grown * campaign / if is_sunday { 25 } else { 10 };
        // Of the time before, a part is enough to be looked at, and is written sooner.
        let share = if ago > RECENT { share / 4 } else { share };
        for (template, topic, usual, leave) in TEMPLATES {
            let delivered = usual * share / 100 + i64::try_from(self.dice.throw(7)).unwrap_or_default();
            self.deliver((template, topic, MessageClass::Marketing), delivered, leave, begins);
        }
        let (template, topic, usual, days) = WANTED;
        if ago < days {
            self.deliver((template, topic, MessageClass::Utility), usual * grown / 100, 0, begins);
        }
        if ago <= BAD_SINCE {
            self.deliver((BAD, "marketing", MessageClass::Marketing), 118 + ago * 6, 310, begins);
        }
        // Those who leave by themselves.
        for _ in 0..self.dice.throw(if ago > RECENT { 2 } else { 3 }) + u64::from(campaign > 10) {
            self.leave(begins, None);
        }
    }

    fn deliver(
        &mut self,
        (template, topic, class): (&'static str, &str, MessageClass),
        count: i64,
        leave: u64,
        day: i64,
    ) {
        for _ in 0..count.max(0) {
            self.messages += 1;
            let at = self.moment(day);
            let labels =
                Labels { template: template.to_owned(), topic: topic.to_owned(), campaign: String::new() };
            self.sends.push(Seen {
                message_id: format!("wamid.YEAR{}", self.messages),
                kind: if self.dice.throw(10) < 7 { SeenKind::Read } else { SeenKind::Delivered },
                at,
                to: String::new(),
                person: Person::new(),
                class: Some(class),
                labels,
                code: None,
            });
            if self.dice.throw(10_000) < leave {
                self.leave(day, Some(template));
            }
        }
    }

    /// Somebody leaves, perhaps says why, and perhaps comes back.
    fn leave(&mut self, day: i64, template: Option<&str>) {
        self.people += 1;
        let at = self.moment(day);
        let mut person = Person::new();
        person.add_text(&number(self.people));
        let mut evidence = Evidence { phone_number_id: PHONE_NUMBER_ID.to_owned(), ..Evidence::default() };
        evidence.message_id = format!("wamid.LEFT{}", self.people);
        let mut act = Act::Stop(Scope::All);
        match (template, self.dice.throw(10)) {
            (Some(template), _) => {
                evidence.source = "button";
                evidence.rule = "payload/optout".to_owned();
                evidence.reference = format!("tpl={template};cmp=autumn");
            }
            (None, 0 | 1) => {
                evidence.source = "preference";
                evidence.rule = "preference/stop".to_owned();
                act = Act::SettingsStop;
            }
            (None, _) => {
                let (text, rule, language) = self.dice.pick(&WORDS).copied().unwrap_or_default();
                evidence.source = "text";
                (evidence.text, evidence.rule) = (text.to_owned(), rule.to_owned());
                evidence.language = language.to_owned();
            }
        }
        let change = Change { person, act, at, claim: None, evidence, message: None };
        if self.dice.throw(4) == 0 {
            let reason =
                if template == Some(BAD) { Some(&Reason::NoConsent) } else { self.dice.pick(&REASONS) };
            let name = reason.map(|reason| reason.name().to_owned()).unwrap_or_default();
            let evidence = Evidence { source: "form", reason: name, ..Evidence::default() };
            let act = Act::Reason(Scope::All);
            self.changes.push(Change { act, at: at + 40_000, evidence, ..change.clone() });
        }
        let back = at + i64::try_from(2 + self.dice.throw(9)).unwrap_or_default() * DAY_MS;
        if self.dice.throw(12) == 0 && back < self.now && act_is_all(&change.act) {
            let evidence = Evidence {
                source: "text",
                rule: "es/keyword/alta".to_owned(),
                language: "es".to_owned(),
                text: "ALTA".to_owned(),
                ..Evidence::default()
            };
            let act = Act::Start(Scope::All);
            self.changes.push(Change { act, at: back, evidence, ..change.clone() });
        }
        self.changes.push(change);
    }

    /// A moment of a day, in the hours in which people are awake, and never after now.
    fn moment(&mut self, day: i64) -> i64 {
        let begins = day - day.rem_euclid(DAY_MS);
        let hours =
            i64::try_from(13 * HOUR_MS as u64 + self.dice.throw(10 * HOUR_MS as u64)).unwrap_or_default();
        (begins + hours).min(self.now - 2 * HOUR_MS)
    }
}

fn act_is_all(act: &Act) -> bool {
    matches!(act, Act::Stop(Scope::All))
}

/// An invented number: those of five countries, by turns.
fn number(person: u64) -> String {
    match person % 5 {
        0 | 1 => format!("5215555{:06}", 100_000 + person * 137),
        2 => format!("346555{:05}", 10_000 + person * 13),
        3 => format!("551195555{:04}", person % 10_000),
        _ => format!("44770090{:04}", person % 10_000),
    }
}

/// Messages to people who had left: somebody does not ask the list. Of just now, because the list has known of these people
/// for no longer.
fn breaches(changes: &[Change]) -> Vec<Seen> {
    let now = unix_millis();
    let left = changes.iter().filter(|change| act_is_all(&change.act) && change.at < now - 9 * DAY_MS);
    let some = left.step_by(97).take(6).enumerate();
    some.map(|(place, change)| {
        let to = change.person.identifiers().first().map(|one| one.as_str().to_owned()).unwrap_or_default();
        let labels = Labels {
            template: BAD.to_owned(),
            topic: "marketing".to_owned(),
            campaign: "flash-48h".to_owned(),
        };
        Seen {
            message_id: format!("wamid.BREACH{place}"),
            kind: SeenKind::Sent,
            at: now,
            to,
            person: change.person.clone(),
            class: Some(MessageClass::Marketing),
            labels,
            code: None,
        }
    })
    .collect()
}

fn news(now: i64) -> Vec<News> {
    let id_of =
        |name: &str| name.bytes().fold(990_000u64, |id, letter| id * 31 % 999_983 + u64::from(letter));
    let of = |name: &str, about: &str, value: &str, detail: &str, days: i64| News {
        template: true,
        about: about.to_owned(),
        waba_id: WABA.to_owned(),
        subject: id_of(name).to_string(),
        name: name.to_owned(),
        language: "es_MX".to_owned(),
        category: if name == WANTED.0 { "UTILITY" } else { "MARKETING" }.to_owned(),
        value: value.to_owned(),
        detail: detail.to_owned(),
        at: now - days * DAY_MS,
    };
    let number = |value: &str, detail: &str, days: i64| News {
        about: "phone_number_quality_update".to_owned(),
        waba_id: WABA.to_owned(),
        subject: "15557654321".to_owned(),
        value: value.to_owned(),
        detail: detail.to_owned(),
        at: now - days * DAY_MS,
        ..News::default()
    };
    let rating = |value: &str, days: i64| News {
        about: NUMBER_QUALITY.to_owned(),
        waba_id: WABA.to_owned(),
        subject: "15557654321".to_owned(),
        value: value.to_owned(),
        at: now - days * DAY_MS,
        ..News::default()
    };
    vec![
        of(WANTED.0, "status", "APPROVED", "", 330),
        of("weekly_offers", "status", "APPROVED", "", 300),
        of("new_arrivals", "status", "APPROVED", "", 210),
        of("loyalty_points", "status", "APPROVED", "", 120),
        of("new_arrivals", "quality", "YELLOW", "", 9),
        of(BAD, "status", "APPROVED", "", BAD_SINCE),
        of(BAD, "quality", "RED", "", 1),
        number("ONBOARDING", "TIER_1K", 340),
        number("UPGRADE", "TIER_10K", 250),
        number("UPGRADE", "TIER_100K", 90),
        number("DOWNGRADE", "TIER_10K", 1),
        rating("GREEN", 340),
        rating("YELLOW", 176),
        rating("GREEN", 141),
        rating("YELLOW", 3),
        rating("RED", 1),
    ]
}

/// Of a form that nobody knows yet.
const DEAD_LETTERS: [(&str, &str, &str); 2] = [
    (
        "message",
        "nothing in it says who wrote it",
        r#"{"id":"wamid.DEAD1","timestamp":"1790000000","type":"text","text":{"body":"BAJA"}}"#,
    ),
    (
        "status",
        "it has no message id",
        r#"{"status":"delivered","timestamp":"1790000000","recipient_id":"34655550133"}"#,
    ),
];
