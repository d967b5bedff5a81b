//! The words that an author writes as one: `mand(e|en|)`.

/// Calls with each word or phrase that a term stands for: of `mand(e|en|)` with `mande`, `manden` and `mand`. Several groups
/// multiply, and groups nest.
pub(in super::super) fn each_term(written: &str, mut with: impl FnMut(&str)) {
    if written.contains('(') {
        lay_out(&mut vec![written], &mut String::with_capacity(written.len()), &mut with);
    } else {
        with(written);
    }
}

/// Lays out what is `open`, the last of it first, behind what is laid out. Both are left as they were.
fn lay_out(open: &mut Vec<&str>, laid: &mut String, with: &mut impl FnMut(&str)) {
    let Some(next) = open.pop() else { return with(laid) };
    let (length, others) = (laid.len(), open.len());
    if let (before, Some(rest)) = cut(next, b'(') {
        laid.push_str(before);
        let (group, tail) = split_at_closing(rest);
        open.extend(Some(tail).filter(|tail| !tail.is_empty()));
        each_choice(group, |choice| {
            open.push(choice);
            lay_out(open, laid, with);
            open.pop();
        });
        open.truncate(others);
    } else {
        laid.push_str(next);
        lay_out(open, laid, with);
    }
    laid.truncate(length);
    open.push(next);
}

/// A text up to an ASCII sign, and what follows the sign; the words of terms are too short for a search that prepares itself.
pub(super) fn cut(text: &str, sign: u8) -> (&str, Option<&str>) {
    match text.bytes().position(|byte| byte == sign) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    }
}

/// What is in a group, and what follows it. A group that is never closed has all that follows.
fn split_at_closing(rest: &str) -> (&str, &str) {
    let mut depth = 0_u32;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' => return (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
    }
    (rest, "")
}

/// The choices of a group, which may be groups themselves.
fn each_choice<'g>(group: &'g str, mut with: impl FnMut(&'g str)) {
    let (mut depth, mut from) = (0_u32, 0);
    for (at, byte) in group.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => {
                with(group.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    with(group.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_groups() {
        let all = |written: &str| {
            let mut all = Vec::new();
            each_term(written, |term| all.push(term.to_owned()));
            all
        };
        assert_eq!(all("mand(e|en|)"), ["mande", "manden", "mand"]);
        assert_eq!(all("(a|b(c|d))e(f|g)"), ["aef", "aeg", "bcef", "bceg", "bdef", "bdeg"]);
        assert_eq!(all("plain"), ["plain"]);
        assert_eq!(all("é(ñ|)_(б)"), ["éñ_б", "é_б"]);
        assert_eq!(all("a(b|c"), ["ab", "ac"], "never closed");
    }
}
