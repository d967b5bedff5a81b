//! The places of a message where a person's own words stand.

use std::borrow::Cow;

use super::event::Words;
use super::fields::take;
use super::form;
use super::json::{Read, Reader};

/// At most so many readings of one message are kept; a well-formed one has one.
const MOST: usize = 8;

/// The words of a message, nearly always one reading: more when it carries words in several places.
#[derive(Debug, Default)]
pub(super) struct Spoken<'a> {
    first: Option<Words<'a>>,
    others: Vec<Words<'a>>,
}

impl<'a> Spoken<'a> {
    /// Reads what `key` holds when it is a place for words; `false`, and nothing is read, when it is not.
    pub(super) fn read_key(&mut self, reader: &mut Reader<'a>, key: &[u8]) -> Read<bool> {
        match key {
            // `{"body": …}`; a bare string is no form of Meta's, and is not lost either.
            b"text" if reader.peek() == Some(b'"') => {
                let text = reader.text()?;
                self.add_text(text);
            }
            b"text" => self.text(reader, b"body")?,
            b"image" | b"video" | b"document" | b"audio" | b"sticker" | b"voice" => {
                self.text(reader, b"caption")?;
            }
            b"button" => self.button(reader)?,
            b"interactive" => {
                reader.object(|reader, key| match key {
                    b"button_reply" | b"list_reply" => self.reply(reader),
                    b"nfm_reply" => self.form(reader),
                    _ => reader.pass_over(),
                })?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    /// Every reading, in the order of the message.
    pub(super) fn into_readings(self) -> impl Iterator<Item = Words<'a>> {
        self.first.into_iter().chain(self.others)
    }

    fn add(&mut self, words: Words<'a>) {
        match &self.first {
            None => self.first = Some(words),
            Some(first) => {
                let is_known = *first == words || self.others.contains(&words);
                if !is_known && self.others.len() + 1 < MOST {
                    self.others.push(words);
                }
            }
        }
    }

    fn text(&mut self, reader: &mut Reader<'a>, place: &[u8]) -> Read<()> {
        reader.object(|reader, key| {
            if key != place {
                return reader.pass_over();
            }
            let text = reader.text()?;
            self.add_text(text);
            Ok(())
        })?;
        Ok(())
    }

    fn add_text(&mut self, text: Cow<'a, str>) {
        if !text.is_empty() {
            self.add(Words::Text(text));
        }
    }

    fn button(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        let (mut label, mut payload) = (Cow::Borrowed(""), Cow::Borrowed(""));
        reader.object(|reader, key| match key {
            b"text" => take(reader, &mut label),
            b"payload" => take(reader, &mut payload),
            _ => reader.pass_over(),
        })?;
        if payload.is_empty() {
            payload = label.clone();
        }
        if !payload.is_empty() {
            self.add(Words::Button { label, payload });
        }
        Ok(())
    }

    fn reply(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        let (mut id, mut title, mut description) = (Cow::Borrowed(""), Cow::Borrowed(""), Cow::Borrowed(""));
        reader.object(|reader, key| match key {
            b"id" => take(reader, &mut id),
            b"title" => take(reader, &mut title),
            b"description" => take(reader, &mut description),
            _ => reader.pass_over(),
        })?;
        if !(id.is_empty() && title.is_empty() && description.is_empty()) {
            self.add(Words::Reply { id, title, description });
        }
        Ok(())
    }

    fn form(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        reader.object(|reader, key| {
            if key != b"response_json" {
                return reader.pass_over();
            }
            // A string that holds JSON; the JSON itself is as good.
            let answers = match reader.peek() {
                Some(b'"') => form::answers(reader.text()?.as_bytes()),
                _ => form::answers(reader.skip()?),
            };
            self.add(Words::Form(answers));
            Ok(())
        })?;
        Ok(())
    }
}
