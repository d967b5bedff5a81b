//! `biz_opaque_callback_data`: what a sender may tell of a message, in a small grammar of ours.
//!
//! `tpl=spring_promo;topic=offers;cmp=77`: pairs of a key and a value, parted by `;`, in any order and case of the
//! keys. What is no such pair is somebody else's and passed over, so that a sender may add ours to what it has.

/// What is kept of one label, characters.
const LONGEST: usize = 64;
/// What Meta takes and gives back at most, characters.
const LONGEST_DATA: usize = 512;

/// What a message was, as its sender calls it. Each is empty when it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels {
    /// The template's name.
    pub template: String,
    /// The topic, in lower case.
    pub topic: String,
    /// The campaign.
    pub campaign: String,
}

impl Labels {
    /// Reads what a sender attached to a message. Never fails: content of another kind has no labels.
    pub fn read(data: &str) -> Self {
        let mut labels = Self::default();
        for pair in data.get(..end_of(data, LONGEST_DATA)).unwrap_or_default().split(';') {
            let Some((key, value)) = pair.split_once('=') else { continue };
            labels.set(key, value);
        }
        labels
    }

    /// Reads what stands behind the `|` of a button's payload: the same pairs, or else a campaign's name.
    pub fn read_reference(reference: &str) -> Self {
        let labels = Self::read(reference);
        if labels.is_empty() { Self { campaign: clean(reference), ..labels } } else { labels }
    }

    /// Sets the label of this name; `false` when there is none. The first value of a label stays.
    pub fn set(&mut self, key: &str, value: &str) -> bool {
        let key = key.trim();
        let is = |names: &[&str]| names.iter().any(|name| key.eq_ignore_ascii_case(name));
        let (slot, value) = if is(&["tpl", "template"]) {
            (&mut self.template, clean(value))
        } else if is(&["topic"]) {
            (&mut self.topic, clean(value).to_lowercase())
        } else if is(&["cmp", "campaign"]) {
            (&mut self.campaign, clean(value))
        } else {
            return false;
        };
        if slot.is_empty() {
            *slot = value;
        }
        true
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.template.is_empty() && self.topic.is_empty() && self.campaign.is_empty()
    }
}

/// A label that can be stored, counted and shown anywhere: printable, without what parts or quotes, not too long.
/// `-` and `*` alone mean "none" and "others" where labels are counted.
fn clean(value: &str) -> String {
    let plain = |symbol: char| match symbol {
        '"' | '\\' | '{' | '}' | '<' | '>' => '_',
        symbol if symbol.is_control() || is_invisible(symbol) => '_',
        symbol => symbol,
    };
    let text: String = value.trim().chars().map(plain).take(LONGEST).collect();
    if matches!(text.as_str(), "-" | "*") { "_".to_owned() } else { text }
}

/// Marks that turn a line around or show as nothing.
fn is_invisible(symbol: char) -> bool {
    matches!(symbol, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Where the first `most` characters end, in bytes.
fn end_of(text: &str, most: usize) -> usize {
    text.char_indices().nth(most).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(template: &str, topic: &str, campaign: &str) -> Labels {
        Labels { template: template.into(), topic: topic.into(), campaign: campaign.into() }
    }

    #[test]
    fn pairs_are_read_in_any_order_and_case() {
        let all = labels("spring_promo", "offers", "77");
        assert_eq!(Labels::read("tpl=spring_promo;topic=offers;cmp=77"), all);
        assert_eq!(Labels::read(" Campaign = 77 ; TOPIC=Offers;template=spring_promo;"), all);
        assert_eq!(Labels::read("tpl=a;tpl=b"), labels("a", "", ""));
    }

    #[test]
    fn foreign_content_is_passed_over() {
        for text in ["", "order-4711", "{\"tpl\":\"a\"}", "a=b;c", "=;=;==", "tpl", "tpl=", ";;;", "tpl=;x=1"]
        {
            assert!(Labels::read(text).is_empty(), "{text}");
        }
        assert_eq!(Labels::read("order=4711;cmp=77;x"), labels("", "", "77"));
    }

    #[test]
    fn nothing_that_parts_quotes_or_turns_lines_is_left() {
        let read = Labels::read("tpl=a\"b\\c{d}\u{202e}\n;cmp=-;topic=*");
        assert_eq!(read, labels("a_b_c_d__", "_", "_"));
        let long = format!("tpl={}", "ñ".repeat(600));
        assert_eq!(Labels::read(&long).template.chars().count(), LONGEST);
        let late = format!("{};tpl=a", "x".repeat(LONGEST_DATA));
        assert!(Labels::read(&late).is_empty());
    }

    #[test]
    fn a_reference_alone_is_a_campaign() {
        assert_eq!(Labels::read_reference("campaign-7"), labels("", "", "campaign-7"));
        assert_eq!(Labels::read_reference("tpl=a;cmp=7"), labels("a", "", "7"));
        assert_eq!(Labels::read_reference(""), Labels::default());
    }
}
