//! News of templates, accounts and numbers: values that hold no list of items.

use std::borrow::Cow;

use super::body::Entry;
use super::event::{AccountNotice, Event, Ignored, Route, TemplateNotice};
use super::fields::take;
use super::json::{Read, Reader};

/// How much of an account's news is kept: Meta names a handful of restrictions at most.
const MOST_DETAILS: usize = 8;

/// What a value says beside its lists.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    /// A `field` that stands inside the value, as some of Meta's samples show it.
    field: Cow<'a, str>,
    event: Cow<'a, str>,
    template_id: Cow<'a, str>,
    template_name: Cow<'a, str>,
    template_language: Cow<'a, str>,
    quality: Cow<'a, str>,
    category: Cow<'a, str>,
    coming_category: Cow<'a, str>,
    coming_at: Cow<'a, str>,
    template_category: Cow<'a, str>,
    reason: Cow<'a, str>,
    title: Cow<'a, str>,
    subject: Cow<'a, str>,
    /// What stands in the parts of an account's news.
    details: Vec<Cow<'a, str>>,
    /// The field that the keys of the value belong to.
    looks_like: &'static str,
    is_handover: bool,
    has_errors: bool,
    pub(super) is_messaging: bool,
    pub(super) has_items: bool,
}

impl<'a> Facts<'a> {
    /// Reads one key of a value.
    pub(super) fn read_key(&mut self, reader: &mut Reader<'a>, key: &[u8]) -> Read<()> {
        match key {
            b"field" => take(reader, &mut self.field),
            b"event" | b"decision" => take(reader, &mut self.event),
            b"message_template_id" => take(reader, &mut self.template_id),
            b"message_template_name" => take(reader, &mut self.template_name),
            b"message_template_language" => take(reader, &mut self.template_language),
            b"new_quality_score" => take(reader, &mut self.quality),
            b"new_category" => take(reader, &mut self.category),
            b"correct_category" => take(reader, &mut self.coming_category),
            b"category_update_timestamp" => take(reader, &mut self.coming_at),
            b"message_template_category" => take(reader, &mut self.template_category),
            b"reason" => take(reader, &mut self.reason),
            b"other_info" => {
                reader.object(|reader, key| match key {
                    b"title" => take(reader, &mut self.title),
                    _ => reader.pass_over(),
                })?;
                Ok(())
            }
            b"rejection_info" => {
                reader.object(|reader, key| match key {
                    b"reason" => take(reader, &mut self.reason),
                    _ => reader.pass_over(),
                })?;
                Ok(())
            }
            b"display_phone_number" | b"phone_number" | b"entity_id" => take(reader, &mut self.subject),
            b"alert_info" => {
                self.looks_like = "account_alerts";
                reader.object(|reader, key| match key {
                    b"alert_type" => take(reader, &mut self.event),
                    b"alert_severity" | b"alert_status" => self.detail(reader),
                    _ => reader.pass_over(),
                })?;
                Ok(())
            }
            b"violation_info" | b"ban_info" => {
                reader.object(|reader, key| match key {
                    b"violation_type" | b"waba_ban_state" => self.detail(reader),
                    _ => reader.pass_over(),
                })?;
                Ok(())
            }
            b"restriction_info" => {
                reader.array(|reader| {
                    reader.object(|reader, key| match key {
                        b"restriction_type" => self.detail(reader),
                        _ => reader.pass_over(),
                    })?;
                    Ok(())
                })?;
                Ok(())
            }
            b"max_daily_conversations_per_business" => self.detail(reader),
            b"current_limit" => {
                self.looks_like = "phone_number_quality_update";
                self.detail(reader)
            }
            b"errors" => {
                self.has_errors = true;
                reader.pass_over()
            }
            b"control_passed" | b"control_taken" => {
                self.is_handover = true;
                reader.pass_over()
            }
            _ => {
                if let Some(field) = field_of(key) {
                    self.looks_like = field;
                }
                reader.pass_over()
            }
        }
    }

    /// Takes a text as a detail, once.
    fn detail(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        let text = reader.text()?;
        if !text.is_empty() && self.details.len() < MOST_DETAILS && !self.details.contains(&text) {
            self.details.push(text);
        }
        Ok(())
    }

    /// The event of a value without items; `field` is what the change says.
    pub(super) fn into_event(self, entry: &Entry<'a>, field: Cow<'a, str>) -> Event<'a> {
        let named =
            [field, self.field.clone(), entry.field.clone()].into_iter().find(|name| !name.is_empty());
        let field = named.unwrap_or(Cow::Borrowed(""));
        if self.has_items || self.is_messaging {
            return Event::Ignored(Ignored::Unknown);
        }
        if let Some((about, value)) = self.template_news(&field) {
            return Event::Template(TemplateNotice {
                route: route(entry),
                about,
                detail: self.template_detail(about),
                value: value.clone(),
                category: self.template_category,
                template_id: self.template_id,
                name: self.template_name,
                language: with_underscore(self.template_language),
                at: entry.at,
            });
        }
        if self.is_handover || field == "messaging_handovers" {
            return Event::Ignored(Ignored::Handover);
        }
        if self.has_errors {
            return Event::Ignored(Ignored::ValueError);
        }
        match self.account_field(field) {
            Some(field) => {
                let detail = self.details.join(" ");
                Event::Account(AccountNotice {
                    route: route(entry),
                    field,
                    event: self.event,
                    subject: self.subject,
                    detail,
                    at: entry.at,
                })
            }
            None => Event::Ignored(Ignored::Unknown),
        }
    }

    /// What it says about a template. The keys count, because Meta's sample of a quality update carries the
    /// field of a status update.
    fn template_news(&self, field: &str) -> Option<(&'static str, &Cow<'a, str>)> {
        if !self.quality.is_empty() {
            return Some(("quality", &self.quality));
        }
        if !self.coming_category.is_empty() {
            return Some(("coming", &self.coming_category));
        }
        if !self.category.is_empty() {
            return Some(("category", &self.category));
        }
        if self.template_id.is_empty() {
            return None;
        }
        match field {
            "message_template_components_update" => Some(("components", &self.event)),
            _ if self.event.is_empty() => Some(("components", &self.event)),
            _ => Some(("status", &self.event)),
        }
    }

    /// Why a template's news is; `NONE` is Meta's word for nothing.
    fn template_detail(&self, about: &str) -> Cow<'a, str> {
        let said = |text: &Cow<'a, str>| !text.is_empty() && text != "NONE";
        let candidates = match about {
            "coming" => [&self.coming_at, &self.reason],
            _ => [&self.reason, &self.title],
        };
        candidates.into_iter().find(|text| said(text)).cloned().unwrap_or_default()
    }

    fn account_field(&self, field: Cow<'a, str>) -> Option<Cow<'a, str>> {
        let is_account = ["account_", "phone_number_", "business_capability_"]
            .iter()
            .any(|prefix| field.starts_with(prefix));
        if is_account || field == "security" {
            return Some(field);
        }
        if !field.is_empty() {
            return None;
        }
        if !self.looks_like.is_empty() {
            return Some(Cow::Borrowed(self.looks_like));
        }
        (!self.event.is_empty()).then_some(Cow::Borrowed("account_update"))
    }
}

/// The account field whose values alone have this key.
fn field_of(key: &[u8]) -> Option<&'static str> {
    match key {
        b"requester" => Some("security"),
        b"old_limit" => Some("phone_number_quality_update"),
        b"max_phone_numbers_per_business" | b"max_phone_numbers_per_waba" => {
            Some("business_capability_update")
        }
        b"requested_verified_name" => Some("phone_number_name_update"),
        _ => None,
    }
}

fn route<'a>(entry: &Entry<'a>) -> Route<'a> {
    Route { waba_id: entry.id.clone(), phone_number_id: None }
}

/// Meta writes `es-MX` in webhooks and `es_MX` in sends.
fn with_underscore(language: Cow<'_, str>) -> Cow<'_, str> {
    if language.contains('-') { Cow::Owned(language.replace('-', "_")) } else { language }
}
