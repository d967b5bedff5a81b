//! Whether a template is to blame: its opt-outs against those of the business's other templates.

use std::collections::BTreeSet;

use serde::Serialize;

use super::statistics::{Interval, Rate, holm};

/// How much more often than from others people may leave from a template: templates that are in order differ, too.
pub(super) const MARGIN: f64 = 2.0;
/// How often a report without any guilty template may accuse one.
pub(super) const ALPHA: f64 = 0.05;
/// With fewer opt-outs nobody is accused, whatever the statistics say.
pub(super) const LEAST_OPT_OUTS: u64 = 3;
/// Per thousand: where surely fewer leave, a template is fine whatever it is compared with.
pub(super) const HARMLESS: f64 = 1.0;
/// Deliveries of its own category that a comparison needs before it is widened.
pub(super) const LEAST_BASELINE: u64 = 1000;

/// The word on a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// People leave from it at more than twice the rate of the others; chance does not explain it.
    Suspect,
    /// The figures do not tell.
    Unclear,
    /// Surely not more than twice as many as from the others, or fewer than one in a thousand.
    Fine,
}

/// Why the word is this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// More than twice as many leave as from the others, and chance does not explain it.
    LeavesMore,
    /// Surely not more than twice as many leave as from the others.
    NotMore,
    /// Surely fewer than one in a thousand leave.
    Harmless,
    /// Nothing of it was delivered in this time.
    NotDelivered,
    /// There is no other template to compare it with.
    NothingToCompare,
    /// Too few deliveries to tell it from chance.
    TooFew,
}

/// Whom a template was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparedWith {
    /// The business's other templates of its category.
    Category,
    /// These and those of which no category is known, because of its own there were too few.
    CategoryOrUnknown,
}

/// What it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Baseline {
    /// Whom.
    pub compared_with: ComparedWith,
    /// How many templates.
    pub templates: usize,
    /// Their messages that reached the phone.
    pub delivered: u64,
    /// The opt-outs that they provoked.
    pub opt_outs: u64,
    /// Their opt-outs per thousand delivered.
    pub per_thousand: Option<f64>,
}

/// What the figures say of one template.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judgement {
    /// The word.
    pub verdict: Verdict,
    /// Opt-outs per thousand delivered.
    pub per_thousand: Option<f64>,
    /// Where the true figure lies, with 95% confidence.
    pub interval: Interval,
    /// What it is compared with; `None` when there is nothing.
    pub baseline: Option<Baseline>,
    /// How often as many leave as from the others.
    pub ratio: Option<f64>,
    /// Where the true ratio lies, with 95% confidence.
    pub ratio_interval: Interval,
    /// How likely such figures are without its fault, corrected for the number of templates; `None` where nothing
    /// was tested.
    pub p: Option<f64>,
    /// Why it is this word.
    pub ground: Ground,
    /// The same in a sentence.
    pub why: String,
}

/// What is judged.
#[derive(Debug, Clone)]
pub(super) struct Case<'a> {
    /// The template.
    pub(super) name: &'a str,
    /// Its category; empty when it is not known.
    pub(super) category: &'a str,
    /// Opt-outs and deliveries that are judged.
    pub(super) own: Rate,
    /// All that are known of it, as what others are compared with.
    pub(super) all: Rate,
}

/// Judges all together. Who turns out guilty is no longer what others are compared with, and all are judged again,
/// until nobody is found any more: two guilty templates do not hide each other.
pub(super) fn judge(cases: &[Case<'_>]) -> Vec<Judgement> {
    let mut guilty = BTreeSet::new();
    loop {
        let baselines: Vec<_> = cases.iter().map(|case| baseline(case, cases, &guilty)).collect();
        let tested: Vec<(usize, f64)> = cases
            .iter()
            .zip(&baselines)
            .enumerate()
            .filter(|(_, (case, _))| case.own.chances > 0)
            .filter_map(|(index, (case, found))| Some((index, case.own.p_above(found.as_ref()?.1, MARGIN))))
            .collect();
        let corrected = holm(&tested.iter().map(|(_, p)| *p).collect::<Vec<_>>());
        let p_of = |index: usize| {
            let place = tested.iter().position(|(tested, _)| *tested == index)?;
            corrected.get(place).copied()
        };
        let known = guilty.len();
        for (index, case) in cases.iter().enumerate() {
            if case.own.events >= LEAST_OPT_OUTS && p_of(index).is_some_and(|p| p < ALPHA) {
                guilty.insert(case.name);
            }
        }
        if guilty.len() == known {
            let judged = cases.iter().zip(baselines).enumerate();
            return judged
                .map(|(index, (case, baseline))| {
                    judgement(case, baseline, p_of(index), guilty.contains(case.name))
                })
                .collect();
        }
    }
}

/// What a template is compared with: every other one of its category that is not guilty.
fn baseline(case: &Case<'_>, cases: &[Case<'_>], guilty: &BTreeSet<&str>) -> Option<(Baseline, Rate)> {
    let sum = |fits: &dyn Fn(&Case<'_>) -> bool| {
        let others = cases.iter().filter(|other| other.name != case.name && !guilty.contains(other.name));
        others
            .filter(|other| other.all.chances > 0 && fits(other))
            .fold((0, Rate::default()), |(count, rate), other| (count + 1, rate.plus(other.all)))
    };
    let mut compared_with = ComparedWith::Category;
    let (mut templates, mut rate) = sum(&|other| other.category == case.category);
    if rate.chances < LEAST_BASELINE {
        compared_with = ComparedWith::CategoryOrUnknown;
        // Of a template without a category nobody knows which others are like it.
        (templates, rate) = sum(&|other| {
            other.category == case.category || other.category.is_empty() || case.category.is_empty()
        });
    }
    let found = Baseline {
        compared_with,
        templates,
        delivered: rate.chances,
        opt_outs: rate.events,
        per_thousand: rate.per_thousand(),
    };
    (rate.chances > 0).then_some((found, rate))
}

fn judgement(
    case: &Case<'_>,
    baseline: Option<(Baseline, Rate)>,
    p: Option<f64>,
    is_guilty: bool,
) -> Judgement {
    let others = baseline.map(|(_, rate)| rate).unwrap_or_default();
    let interval = case.own.interval();
    let ratio_interval = case.own.ratio_interval(others);
    let is_below = |interval: Interval, bound: f64| interval.high.is_some_and(|high| high <= bound);
    let (verdict, ground) = if is_guilty {
        (Verdict::Suspect, Ground::LeavesMore)
    } else if case.own.chances == 0 {
        (Verdict::Unclear, Ground::NotDelivered)
    } else if is_below(ratio_interval, MARGIN) {
        (Verdict::Fine, Ground::NotMore)
    } else if is_below(interval, HARMLESS) {
        (Verdict::Fine, Ground::Harmless)
    } else if baseline.is_none() {
        (Verdict::Unclear, Ground::NothingToCompare)
    } else {
        (Verdict::Unclear, Ground::TooFew)
    };
    let why = match ground {
        Ground::LeavesMore => guilty_because(case.own, others, p),
        Ground::NotMore => "surely not more than twice as many leave as from the others".to_owned(),
        Ground::Harmless => "surely fewer than one in a thousand leave".to_owned(),
        Ground::NotDelivered => "nothing of it was delivered in this time".to_owned(),
        Ground::NothingToCompare => "there is no other template to compare it with".to_owned(),
        Ground::TooFew => "too few deliveries to tell it from chance".to_owned(),
    };
    Judgement {
        verdict,
        per_thousand: case.own.per_thousand(),
        interval,
        baseline: baseline.map(|(found, _)| found),
        ratio: case.own.ratio(others),
        ratio_interval,
        p,
        ground,
        why,
    }
}

fn guilty_because(own: Rate, others: Rate, p: Option<f64>) -> String {
    let times = own.ratio(others).map_or_else(
        || "people leave from it, and from no other".to_owned(),
        |ratio| format!("{ratio:.1} times as many leave as from the others"),
    );
    match p {
        Some(p) if p < 0.0001 => format!("{times}, by chance less than once in 10,000 reports"),
        Some(p) => format!("{times}, by chance in {:.2}% of reports", 100.0 * p),
        None => times,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &'static str, category: &'static str, opt_outs: u64, delivered: u64) -> Case<'static> {
        let rate = Rate::new(opt_outs, delivered);
        Case { name, category, own: rate, all: rate }
    }

    fn verdicts(cases: &[Case<'_>]) -> Vec<Verdict> {
        judge(cases).iter().map(|found| found.verdict).collect()
    }

    #[test]
    fn the_guilty_one_is_named_and_no_innocent_one() {
        let cases = [
            case("guilty", "MARKETING", 30, 1500),
            case("alike", "MARKETING", 16, 4000),
            case("old", "MARKETING", 36, 9000),
            case("quiet", "UTILITY", 0, 5000),
            case("young", "MARKETING", 1, 60),
        ];
        assert_eq!(
            verdicts(&cases),
            [Verdict::Suspect, Verdict::Fine, Verdict::Fine, Verdict::Fine, Verdict::Unclear]
        );
    }

    #[test]
    fn marketing_is_not_blamed_for_being_no_receipt() {
        let cases = [
            case("receipt", "UTILITY", 2, 100_000),
            case("one", "MARKETING", 40, 10_000),
            case("two", "MARKETING", 44, 10_000),
        ];
        assert!(!verdicts(&cases).contains(&Verdict::Suspect));
    }

    #[test]
    fn two_guilty_ones_do_not_hide_each_other() {
        let cases = [
            case("worst", "MARKETING", 300, 3000),
            case("bad", "MARKETING", 60, 3000),
            case("old", "MARKETING", 10, 4000),
        ];
        // Against all others the second looks better than they do.
        assert!(Rate::new(60, 3000).ratio(Rate::new(310, 7000)).unwrap() < 1.0);
        assert_eq!(verdicts(&cases), [Verdict::Suspect, Verdict::Suspect, Verdict::Unclear]);
    }

    #[test]
    fn few_figures_accuse_nobody() {
        assert_eq!(verdicts(&[case("alone", "", 50, 100)]), [Verdict::Unclear]);
        let cases = [case("two_of_two", "", 2, 2), case("old", "", 0, 100_000)];
        assert_eq!(verdicts(&cases), [Verdict::Unclear, Verdict::Fine]);
        let cases = [case("unsent", "", 0, 0), case("old", "", 4, 2000)];
        assert_eq!(verdicts(&cases), [Verdict::Unclear, Verdict::Unclear]);
    }

    #[test]
    fn a_business_of_equal_templates_seldom_accuses_one() {
        // Forty templates with the same true rate of 4 in a thousand, drawn 200 times.
        use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
        let mut random = StdRng::seed_from_u64(7);
        let names: Vec<String> = (0..40).map(|number| format!("t{number}")).collect();
        let accused = (0..200)
            .filter(|_| {
                let cases: Vec<_> = names
                    .iter()
                    .map(|name| {
                        let opt_outs = (0..500).filter(|_| random.random_bool(0.004)).count();
                        let own = Rate::new(opt_outs as u64, 500);
                        Case { name, category: "MARKETING", own, all: own }
                    })
                    .collect();
                verdicts(&cases).contains(&Verdict::Suspect)
            })
            .count();
        assert!(accused <= 10, "{accused} of 200 reports accuse somebody");
    }
}
