//! The answers of a completed form (`nfm_reply.response_json`).

use super::json::{Read, Reader};

/// Lists and objects are followed so deep, counted from the outermost.
const DEEPEST: usize = 8;

/// At most so many answers are kept.
const MOST: usize = 64;

/// What the sender put into the form itself: not an answer of the person.
const SENDERS_TOKEN: &[u8] = b"flow_token";

/// The strings among the answers, each with the nearest key; none when `json` is not JSON.
pub(super) fn answers(json: &[u8]) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    let mut reader = Reader::new(json);
    match collect(&mut reader, b"", 0, &mut answers) {
        Ok(()) if reader.peek().is_none() => answers,
        _ => Vec::new(),
    }
}

fn collect(
    reader: &mut Reader<'_>,
    key: &[u8],
    depth: usize,
    answers: &mut Vec<(String, String)>,
) -> Read<()> {
    match reader.peek() {
        Some(b'"') if answers.len() < MOST => {
            let answer = reader.text()?.into_owned();
            answers.push((String::from_utf8_lossy(key).into_owned(), answer));
        }
        Some(b'{') if depth < DEEPEST => {
            reader.object(|reader, key| match key {
                SENDERS_TOKEN => reader.pass_over(),
                _ => collect(reader, key, depth + 1, answers),
            })?;
        }
        Some(b'[') if depth < DEEPEST => {
            reader.array(|reader| collect(reader, key, depth + 1, answers))?;
        }
        _ => {
            reader.skip()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(json: &str) -> Vec<(String, String)> {
        answers(json.as_bytes())
    }

    fn pair(key: &str, answer: &str) -> (String, String) {
        (key.to_owned(), answer.to_owned())
    }

    #[test]
    fn strings_are_found_wherever_they_are() {
        let json =
            r#"{"flow_token":"optout","more":false,"n":3,"choice":"BAJA","topics":["a",{"why":"ya no"}]}"#;
        assert_eq!(pairs(json), [pair("choice", "BAJA"), pair("topics", "a"), pair("why", "ya no")]);
        assert_eq!(pairs(r#""stop""#), [pair("", "stop")]);
    }

    #[test]
    fn what_is_not_json_has_no_answers() {
        for json in ["", "Sent", r#"{"a":"stop""#, r#"{"a":"stop"} x"#] {
            assert_eq!(pairs(json), [], "{json}");
        }
    }

    #[test]
    fn depth_and_count_are_bounded() {
        let deep = format!("{}\"stop\"{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(pairs(&deep), []);
        let many = format!("[{}\"x\"]", "\"x\",".repeat(1_000));
        assert_eq!(pairs(&many).len(), MOST);
    }
}
