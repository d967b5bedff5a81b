use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, document::Shut, input::Caller};

/// The businesses that the token may see.
#[derive(Serialize, ToSchema)]
pub(super) struct Businesses {
    businesses: Vec<Business>,
}

/// One legal sender with a list of its own.
#[derive(Serialize, ToSchema)]
pub(super) struct Business {
    /// Its name in the paths.
    #[schema(example = "acme")]
    slug: String,
    /// The kinds of messages that it sends, which can be refused by themselves.
    #[schema(example = json!(["marketing", "offers"]))]
    topics: Vec<String>,
    /// What a plain stop refuses: `all`, or a topic.
    #[schema(example = "all")]
    default_scope: String,
}

/// The businesses that this token may see.
#[utoipa::path(
    get,
    path = "/api/v1/businesses",
    operation_id = "list_businesses",
    tag = "businesses",
    security(("token" = [])),
    responses((status = 200, description = "Those that the token may see.", body = Businesses), Shut)
)]
pub(super) async fn list(api: Data<Api>, caller: Caller) -> HttpResponse {
    let who = api.door.who();
    let businesses = who.seen(&caller.0).map(|business| Business {
        slug: business.slug.clone(),
        topics: business.topics.clone(),
        default_scope: business.default_scope.clone(),
    });
    HttpResponse::Ok().json(Businesses { businesses: businesses.collect() })
}
