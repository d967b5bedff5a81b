use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// The same value as a tree, made with the reader alone.
fn tree(reader: &mut Reader<'_>) -> Read<Value> {
    Ok(match reader.peek() {
        Some(b'{') => {
            let mut members = serde_json::Map::new();
            reader.object(|reader, key| {
                members.insert(String::from_utf8_lossy(key).into_owned(), tree(reader)?);
                Ok(())
            })?;
            Value::Object(members)
        }
        Some(b'[') => {
            let mut items = Vec::new();
            reader.array(|reader| {
                items.push(tree(reader)?);
                Ok(())
            })?;
            Value::Array(items)
        }
        Some(b'"') => Value::String(reader.text()?.into_owned()),
        Some(b'-' | b'0'..=b'9') => serde_json::from_str(&reader.text()?).map_err(|_| NotJson)?,
        _ => serde_json::from_slice(reader.skip()?).map_err(|_| NotJson)?,
    })
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        r#"[ -~\\"]{0,40}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members: BTreeMap<_, _>| members.into_iter().collect()),
        ]
    })
}

/// `json` with every character of its strings that can be written as `\uXXXX` written so.
fn escaped(json: &str) -> String {
    let mut units = [0; 2];
    let escape = |symbol: char| match symbol {
        ' '..='~' | '\n' => symbol.to_string(),
        _ => symbol.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    json.chars().map(escape).collect()
}

proptest! {
    #[test]
    fn reads_what_serde_json_reads(value in json_value()) {
        let compact = value.to_string();
        for json in [serde_json::to_string_pretty(&value).unwrap(), escaped(&compact), compact] {
            let mut reader = Reader::new(json.as_bytes());
            let read = tree(&mut reader);
            prop_assert_eq!(read.ok(), serde_json::from_str::<Value>(&json).ok());
            prop_assert_eq!(reader.peek(), None);
            let mut reader = Reader::new(json.as_bytes());
            prop_assert_eq!(reader.skip(), Ok(json.as_bytes()));
        }
    }

    #[test]
    fn accepts_all_that_serde_json_accepts(text in r#"[\[\]{}",:0-9a-fln\\rstu. -]{0,30}"#) {
        if serde_json::from_str::<Value>(&text).is_ok() {
            let mut reader = Reader::new(text.as_bytes());
            prop_assert!(reader.skip().is_ok() && reader.peek().is_none());
        }
    }
}

#[test]
fn the_end_of_a_string_is_found_at_every_offset() {
    for length in 0..40 {
        for escape in [r"", r#"\""#, r"\\", r"\u0041"] {
            let inner = format!("{}{escape}", "x".repeat(length));
            let json = format!("\"{inner}\" ");
            let expected: String = serde_json::from_str(&json).unwrap();
            let mut reader = Reader::new(json.as_bytes());
            assert_eq!(reader.text().unwrap(), expected);
            assert_eq!(reader.peek(), None);
        }
    }
}

#[test]
fn missing_null_and_wrong_types_are_empty_texts() {
    for json in ["null", "true", "{}", r#"{"a":["b"]}"#, "[1]", "\"\""] {
        let mut reader = Reader::new(json.as_bytes());
        assert_eq!(reader.text().unwrap(), "");
        assert_eq!(reader.peek(), None);
    }
    assert_eq!(Reader::new(b"18446744073709551616").text().unwrap(), "18446744073709551616");
}

#[test]
fn what_has_no_end_is_not_json() {
    for json in ["", " ", "{", "[", "[1,", "{\"a\":", "\"", "\"\\", "\"\\\"", "}", "]", ",", "nul", "x"] {
        assert!(Reader::new(json.as_bytes()).skip().is_err(), "{json}");
    }
    for json in ["{\"a\" 1}", "{1:2}", "{\"a\":1 \"b\":2}", "{\"a\":1,}"] {
        let read = Reader::new(json.as_bytes()).object(|reader, _| reader.pass_over());
        assert_eq!(read, Err(NotJson), "{json}");
    }
}
