//! Which variable sets which key.

/// The short variables, and the key of each.
pub(super) const SHORT: [(&str, &str); 11] = [
    ("BAJA_APP_SECRET", "meta.app_secret"),
    ("BAJA_APP_SECRET_FILE", "meta.app_secret_file"),
    ("BAJA_VERIFY_TOKEN", "meta.verify_token"),
    ("BAJA_VERIFY_TOKEN_FILE", "meta.verify_token_file"),
    ("BAJA_ACCESS_TOKEN", "cloud_api.access_token"),
    ("BAJA_ACCESS_TOKEN_FILE", "cloud_api.access_token_file"),
    ("BAJA_REDIS_URL", "redis.url"),
    ("BAJA_REDIS_URL_FILE", "redis.url_file"),
    ("BAJA_LISTEN", "server.listen"),
    ("BAJA_OPS_LISTEN", "server.ops_listen"),
    ("BAJA_GRAPH_URL", "cloud_api.url"),
];

/// What a variable's name means here.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// It sets this key, which may or may not exist.
    Key(String),
    /// It is no name of ours, but nearly this one.
    Misspelt(&'static str),
    /// It is somebody else's.
    Foreign,
}

/// Reads a variable's name. Others that begin with `BAJA_` are let be: Kubernetes makes some up for a service `baja`
/// (`BAJA_PORT`, `BAJA_SERVICE_HOST`).
pub(super) fn meaning(name: &str) -> Variable {
    if let Some(path) = name.strip_prefix("BAJA__") {
        return Variable::Key(path.to_ascii_lowercase().replace("__", "."));
    }
    if let Some((_, key)) = SHORT.iter().find(|(short, _)| *short == name) {
        return Variable::Key((*key).to_owned());
    }
    if !name.starts_with("BAJA_") {
        return Variable::Foreign;
    }
    SHORT
        .iter()
        .map(|(short, _)| (super::schema::distance(name, short), *short))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map_or(Variable::Foreign, |(_, short)| Variable::Misspelt(short))
}
