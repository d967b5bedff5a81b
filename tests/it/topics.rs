//! A topic in the person's own words, and the topics of the business.

use crate::support::{
    app::{App, SUPPRESSED},
    webhook::says,
};

const SHOES: &str = "Não quero mais novidades de calçados, só de roupas";
const PERSON: &str = "5511987654321";

/// Who refused what after somebody wrote about shoes to a business with this topic.
async fn refused(topic: &str, variables: &[(&str, &str)]) -> (bool, bool) {
    let mut all = vec![("BAJA__BUSINESS__ACME__TOPICS", topic)];
    all.extend(variables);
    let app = App::with(&all).await;
    assert_eq!(app.post(says(PERSON, "wamid.A", SHOES)).await.status, 200);
    let set = format!("baja:{{acme}}:suppressed:{topic}");
    let found = (app.has(&set, PERSON).await, app.has(SUPPRESSED, PERSON).await);
    app.finish().await;
    found
}

#[tokio::test]
async fn their_own_word_names_the_topic_that_the_business_calls_so() {
    assert_eq!(refused("calcados", &[]).await, (true, false));
    // One that the business does not have is its default scope.
    assert_eq!(refused("shoes", &[]).await, (false, true));
    // Unless the business says what it is called by.
    let folder = tempfile::tempdir().unwrap();
    let words = "language = \"pt-BR\"\nname = \"Português\"\n[topics]\nshoes = \"calcados sapatos\"\n";
    std::fs::write(folder.path().join("pt-BR.toml"), words).unwrap();
    let folder = folder.path().to_str().unwrap();
    assert_eq!(refused("shoes", &[("BAJA__LEXICON__FOLDER", folder)]).await, (true, false));
}
