use super::{super::language::Locale, percent};

/// A share of a whole as a bar that lies.
pub(in super::super) struct Share {
    pub(in super::super) label: String,
    pub(in super::super) value: String,
    pub(in super::super) percent: String,
    pub(in super::super) width: String,
}

/// The shares of a total, the largest first; what is in none of them is `rest`. Those of nothing are left out.
pub(in super::super) fn shares(
    locale: Locale,
    total: u64,
    mut parts: Vec<(String, u64)>,
    rest: &str,
) -> Vec<Share> {
    parts.retain(|(_, count)| *count > 0);
    parts.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
    let known: u64 = parts.iter().map(|(_, count)| count).sum();
    if total > known {
        parts.push((rest.to_owned(), total - known));
    }
    let whole = total.max(known).max(1) as f64;
    parts
        .into_iter()
        .map(|(label, count)| Share {
            label,
            value: locale.count(count),
            percent: locale.percent(count as f64 / whole, 0),
            width: percent(count as f64 * 100.0 / whole),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_total_and_tell_of_the_rest() {
        let parts = vec![("b".to_owned(), 30), ("none".to_owned(), 0), ("a".to_owned(), 60)];
        let found = shares(Locale::default(), 100, parts, "other");
        let found: Vec<_> =
            found.iter().map(|one| (one.label.as_str(), one.percent.as_str(), one.width.as_str())).collect();
        assert_eq!(found, [("a", "60%", "60.00%"), ("b", "30%", "30.00%"), ("other", "10%", "10.00%")]);
        assert!(shares(Locale::default(), 0, Vec::new(), "other").is_empty());
    }
}
