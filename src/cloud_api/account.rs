//! What the Graph API tells of the account: the token, the app's webhooks, the numbers. Changes nothing.
//!
//! Sources: Meta's pages "Webhooks for WhatsApp Business Accounts", "Manage webhooks", "Webhook overrides", "Access Token
//! Debugging". Meta adds fields and leaves some out, so everything is optional.

use reqwest::{
    Response, Url,
    header::{AUTHORIZATION, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{client::CloudApi, standing::Usage};

/// An answer with a page of a hundred numbers has some tens of kilobytes.
const LONGEST_BODY: usize = 1024 * 1024;
/// Pages of a list that are read, each of a hundred entries or two: an account may have 6,000 templates.
const PAGES: usize = 40;
/// Meta's codes for having been asked too often: by the app, the user, the page, the account, and by us.
const RATE_LIMITS: [i64; 7] = [4, 17, 32, 613, 80_007, 80_008, 130_429];
const NUMBER_FIELDS: &str =
    "id,verified_name,name_status,status,quality_rating,throughput,webhook_configuration";

/// Why something was not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Meta answered, and did not tell it. The code is Meta's, where there was one.
    #[error("Meta refused (HTTP {http_status}, code {})", code.map_or_else(|| "none".to_owned(), |code| code.to_string()))]
    Refused {
        /// `error.code` of the answer.
        code: Option<i64>,
        /// The status.
        http_status: u16,
    },
    /// There was no answer.
    #[error("Meta cannot be reached")]
    Unreachable,
    /// The answer is not what the documentation says.
    #[error("Meta's answer cannot be read")]
    Unreadable,
}

impl AccountError {
    /// Whether Meta was asked too often, and is to be left alone for a while.
    pub fn is_rate_limit(self) -> bool {
        const TOO_MANY_REQUESTS: u16 = 429;
        match self {
            Self::Refused { code, http_status } => {
                http_status == TOO_MANY_REQUESTS || code.is_some_and(|code| RATE_LIMITS.contains(&code))
            }
            Self::Unreachable | Self::Unreadable => false,
        }
    }
}

/// What Meta knows of an access token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TokenInfo {
    /// The app that it was made for.
    pub app_id: String,
    /// Whether it is good now.
    pub is_valid: bool,
    /// Unix seconds; 0: never.
    pub expires_at: i64,
    /// Unix seconds after which it reads no more data; 0: never.
    pub data_access_expires_at: i64,
    /// What it may do.
    pub scopes: Vec<String>,
    /// What it may do with which objects.
    pub granular_scopes: Vec<GranularScope>,
}

/// A permission for some objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GranularScope {
    /// The permission.
    pub scope: String,
    /// The objects' ids; empty: all.
    pub target_ids: Vec<String>,
}

/// The app's subscription to one kind of object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Subscription {
    /// `whatsapp_business_account` is ours.
    pub object: String,
    /// Where webhooks go.
    pub callback_url: String,
    /// Whether they go there.
    pub active: bool,
    /// The fields that are subscribed.
    pub fields: Vec<Field>,
}

/// A subscribed field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Field {
    /// As in `messages`.
    pub name: String,
}

/// An app that gets an account's webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SubscribedApp {
    /// Which.
    pub whatsapp_business_api_data: AppName,
    /// Where `messages` of this account go instead of the app's address.
    pub override_callback_uri: Option<String>,
}

/// Which app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AppName {
    /// Its id.
    pub id: String,
}

/// A phone number of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Number {
    /// Its `phone_number_id`.
    pub id: String,
    /// The name that people see.
    pub verified_name: Option<String>,
    /// Of the name: `APPROVED`, `PENDING_REVIEW`, `DECLINED` and more.
    pub name_status: Option<String>,
    /// `CONNECTED`, `FLAGGED`, `RESTRICTED`, `DISCONNECTED` and more.
    pub status: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub quality_rating: Option<String>,
    /// How much it may send.
    pub throughput: Option<Throughput>,
    /// Where its `messages` go.
    pub webhook_configuration: Option<WebhookConfiguration>,
}

/// How much a number may send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Throughput {
    /// `STANDARD` (80 messages a second), `HIGH` (1,000), `NOT_APPLICABLE`.
    pub level: String,
}

/// The addresses that a number's `messages` may go to; the first that is set counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WebhookConfiguration {
    /// The number's own.
    pub phone_number: Option<String>,
    /// The account's.
    pub whatsapp_business_account: Option<String>,
    /// The app's.
    pub application: Option<String>,
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default = "Vec::new")]
    data: Vec<T>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    cursors: Cursors,
    next: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cursors {
    after: String,
}

impl CloudApi {
    /// What Meta knows of `token`, asked with the token itself.
    ///
    /// # Errors
    ///
    /// A token that is not known at all is refused, mostly with code 190.
    pub async fn token_info(&self, token: &SecretString) -> Result<TokenInfo, AccountError> {
        #[derive(Deserialize)]
        struct Answer {
            data: TokenInfo,
        }
        let query = [("input_token", token.expose_secret())];
        self.ask::<Answer>(token, &["debug_token"], &query).await.0.map(|answer| answer.data)
    }

    /// The app's webhook subscriptions, asked with the app's own token: its id and its secret. So it also tells whether
    /// the secret is this app's.
    ///
    /// # Errors
    ///
    /// A wrong secret is refused.
    pub async fn subscriptions(
        &self,
        app: &str,
        secret: &SecretString,
    ) -> Result<Vec<Subscription>, AccountError> {
        let token = SecretString::from(format!("{app}|{}", secret.expose_secret()));
        self.list(&token, &[app, "subscriptions"], &[]).await.0
    }

    /// The apps that get the webhooks of a WhatsApp Business Account.
    ///
    /// # Errors
    ///
    /// When the token may not see the account, or it is not there.
    pub async fn subscribed_apps(
        &self,
        token: &SecretString,
        account: &str,
    ) -> Result<Vec<SubscribedApp>, AccountError> {
        self.list(token, &[account, "subscribed_apps"], &[]).await.0
    }

    /// The numbers of an account.
    ///
    /// # Errors
    ///
    /// When the token may not see the account, or it is not there.
    pub async fn numbers(&self, token: &SecretString, account: &str) -> Result<Vec<Number>, AccountError> {
        let query = [("fields", NUMBER_FIELDS), ("limit", "100")];
        self.list(token, &[account, "phone_numbers"], &query).await.0
    }

    /// One number.
    ///
    /// # Errors
    ///
    /// When the token may not see it, or it is not there.
    pub async fn number(&self, token: &SecretString, id: &str) -> Result<Number, AccountError> {
        self.ask(token, &[id], &[("fields", NUMBER_FIELDS)]).await.0
    }

    /// All pages of a list, and the highest usage that Meta told with them.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        token: &SecretString,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> (Result<Vec<T>, AccountError>, Usage) {
        let (mut all, mut usage) = (Vec::new(), Usage::default());
        let mut after = String::new();
        for _ in 0..PAGES {
            let mut query = query.to_vec();
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let (page, seen) = self.ask::<Page<T>>(token, path, &query).await;
            usage = usage.and(seen);
            let page = match page {
                Ok(page) => page,
                Err(error) => return (Err(error), usage),
            };
            all.extend(page.data);
            // The address of the next page is not followed: it would be Meta's choice where the token goes.
            after = page.paging.cursors.after;
            if page.paging.next.is_none() || after.is_empty() {
                break;
            }
        }
        (Ok(all), usage)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        token: &SecretString,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> (Result<T, AccountError>, Usage) {
        match self.get(token, path, query).await {
            Ok(response) => {
                let usage = Usage::of(response.headers());
                (answer(response).await, usage)
            }
            Err(error) => (Err(error), Usage::default()),
        }
    }

    async fn get(
        &self,
        token: &SecretString,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Response, AccountError> {
        let url = self.url(path, query).ok_or(AccountError::Unreadable)?;
        let bearer = format!("Bearer {}", token.expose_secret());
        let mut value = HeaderValue::from_str(&bearer)
            .map_err(|_| AccountError::Refused { code: None, http_status: 0 })?;
        value.set_sensitive(true);
        let response = self.client().get(url).header(AUTHORIZATION, value).send().await;
        response.map_err(|_| AccountError::Unreachable)
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Option<Url> {
        let mut url = self.base().clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }
}

async fn answer<T: DeserializeOwned>(response: Response) -> Result<T, AccountError> {
    let http_status = response.status().as_u16();
    let body = read(response).await?;
    let value: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !(200..300).contains(&http_status) || value.get("error").is_some() {
        let code = value.get("error").and_then(|error| error.get("code")).and_then(Value::as_i64);
        return Err(AccountError::Refused { code, http_status });
    }
    serde_json::from_value(value).map_err(|_| AccountError::Unreadable)
}

async fn read(mut response: Response) -> Result<Vec<u8>, AccountError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| AccountError::Unreachable)? {
        if body.len().saturating_add(chunk.len()) > LONGEST_BODY {
            return Err(AccountError::Unreadable);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
