//! What the page is drawn with: one style sheet, a little script, an icon. Built into the binary, each under a path that
//! changes with its content, so that browsers may keep it.

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::header, web::Path};
use sha2::{Digest, Sha256};

use super::error::PageError;

/// A file that is served.
pub(super) struct Asset {
    /// Where, with a part of the digest of its content.
    pub(super) path: String,
    content: &'static str,
    kind: &'static str,
}

pub(super) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("page", "css", "text/css; charset=utf-8", include_str!("../../../templates/page/page.css"))
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "page",
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../../templates/page/page.js"),
    )
});
pub(super) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon", "svg", "image/svg+xml", include_str!("../../../templates/page/icon.svg"))
});

impl Asset {
    fn new(name: &str, extension: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = hex::encode(Sha256::digest(content));
        let digest = digest.get(..16).unwrap_or_default();
        Self { path: format!("/page/assets/{name}-{digest}.{extension}"), content, kind }
    }
}

/// One of them, by its whole name: another digest is another version's.
pub(super) async fn serve(name: Path<String>) -> Result<HttpResponse, PageError> {
    let wanted = format!("/page/assets/{name}");
    let found = [&STYLE, &SCRIPT, &ICON].into_iter().find(|asset| asset.path == wanted);
    let asset = found.ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, asset.kind))
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.content))
}
