//! `classify`, `lexicon` and `eval`: without Redis, secrets or settings.

use std::io::{BufRead, BufReader, Read, Write};

use serde_json::json;

use crate::binary::Baja;

#[test]
fn each_text_gets_one_object_with_the_stable_names() {
    let said = Baja::new(&["classify", "--json", "BAJA", "ya no me manden promociones", "hola"]).run();
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    let objects = said.objects();
    let first = json!({ "text": "BAJA", "decision": "stop", "scope": "all", "language": "es", "rule": "es/keyword/baja" });
    assert_eq!(objects[0], first);
    assert_eq!((&objects[1]["decision"], &objects[1]["scope"]), (&json!("stop"), &json!("marketing")));
    assert_eq!(
        objects[2],
        json!({ "text": "hola", "decision": "none", "scope": null, "language": null, "rule": "none" })
    );
}

#[test]
fn every_line_of_input_gets_its_line() {
    let said = Baja::new(&["classify", "--json"]).run_with(b"baja\r\n\n\xff\xfe\nSTOP");
    let texts: Vec<_> = said.objects().iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!((said.code, texts), (0, ["baja", "", "\u{fffd}\u{fffd}", "STOP"].map(str::to_owned).to_vec()));
    let said = Baja::new(&["classify"]).run_with("baja\n");
    assert_eq!(said.out.lines().count(), 2);
    assert!(said.out.starts_with("decision") && said.out.contains("es/keyword/baja"));
}

#[test]
fn the_context_decides_and_is_explained() {
    let decide = |arguments: &[&str]| {
        let all = [&["classify", "--json", "--explain"], arguments].concat();
        Baja::new(&all).run().objects()[0].clone()
    };
    assert_eq!(decide(&["no me interesa"])["decision"], "ask");
    let answer = decide(&["no me interesa", "--answers-us"]);
    assert_eq!((&answer["decision"], &answer["normalized"]), (&json!("stop"), &json!("no me interesa")));
    assert!(answer["why"].as_str().unwrap().contains("it would be: ask"), "{answer}");
    assert_eq!(decide(&["BAJA", "--forwarded"])["decision"], "none");
    let tapped = decide(&["--tap", "Salir", "--payload", "optout:marketing|spring"]);
    assert_eq!((&tapped["decision"], &tapped["scope"]), (&json!("stop"), &json!("marketing")));
    assert_eq!((&tapped["rule"], &tapped["reference"]), (&json!("payload/optout"), &json!("spring")));
}

#[test]
fn a_business_has_topics_and_a_default_of_its_own() {
    let decide = |business: &str| {
        Baja::new(&["classify", "--json", "--business", business, "BAJA", "no more surveys", "hola"])
            .env("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", "100000000000001")
            .env("BAJA__BUSINESS__ACME__TOPICS", "surveys")
            .env("BAJA__BUSINESS__ACME__DEFAULT_SCOPE", "marketing")
            .env("BAJA__BUSINESS__BETA__PHONE_NUMBER_IDS", "100000000000002")
            .run()
    };
    for (business, effects) in [
        ("acme", [json!("marketing"), json!("surveys"), json!(null)]),
        ("beta", [json!("all"), json!("all"), json!(null)]),
    ] {
        let said = decide(business).objects();
        let told: Vec<_> = said.iter().map(|one| one["effect"].clone()).collect();
        assert_eq!((told, &said[1]["scope"]), (effects.to_vec(), &json!("surveys")), "{business}");
    }
    let unknown = decide("gamma");
    assert!(unknown.code == 2 && unknown.err.contains("acme, beta"), "{unknown:?}");
}

#[test]
fn secrets_that_cannot_be_read_do_not_matter() {
    let said = Baja::new(&["classify", "--json", "BAJA"])
        .env("BAJA_APP_SECRET_FILE", "/nowhere/secret")
        .env("BAJA_REDIS_URL", "nonsense")
        .run();
    assert_eq!((said.code, said.objects()[0]["decision"].as_str()), (0, Some("stop")), "{said:?}");
}

#[test]
fn a_program_that_writes_one_line_gets_its_answer() {
    let mut child = Baja::new(&["classify", "--json"]).spawn();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for text in ["baja", "hola"] {
        writeln!(input, "{text}").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.contains(text), "{answer}");
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let mut child = Baja::new(&["classify", "--json"]).spawn();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        // Ends when the command does.
        while input.write_all(b"baja\n").is_ok() {}
    });
    let mut output = child.stdout.take().unwrap();
    output.read_exact(&mut [0; 20]).unwrap();
    drop(output);
    assert_eq!(child.wait().unwrap().code(), Some(2));
    writer.join().unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert_eq!(errors, "");
}

#[test]
fn a_file_of_words_is_checked_by_its_own_examples() {
    assert_eq!(Baja::new(&["lexicon", "check"]).run().code, 0);
    let folder = tempfile::tempdir().unwrap();
    let words = "language = \"es\"\n[[keywords]]\naction = \"stop\"\nwords = \"flurbo\"\n\
                 [match]\nstop = [\"flurbo\"]\nhelp = [\"flurbo\"]\n";
    std::fs::write(folder.path().join("ours.toml"), words).unwrap();
    let path = folder.path().to_str().unwrap();
    let said = Baja::new(&["lexicon", "check", path]).run();
    assert_eq!(said.code, 1);
    assert!(said.out.contains("expected help, got stop by es/keyword/flurbo: flurbo"), "{}", said.out);
    let said = Baja::new(&["lexicon", "check", "--json"]).env("BAJA__LEXICON__FOLDER", path).run();
    assert_eq!((said.code, &said.objects()[0]["got"]), (1, &json!("stop")));

    std::fs::write(folder.path().join("ours.toml"), "language = ").unwrap();
    let said = Baja::new(&["lexicon", "check", path]).run();
    assert_eq!((said.code, said.err.contains("ours.toml")), (2, true), "{said:?}");
    assert_eq!(Baja::new(&["lexicon", "check", "/nowhere"]).run().code, 2);
}

#[test]
fn a_change_of_words_is_told_by_what_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let words = "language = \"es\"\n[[keywords]]\naction = \"stop\"\nwords = \"flurbo\"\n";
    std::fs::write(folder.path().join("ours.toml"), words).unwrap();
    let path = folder.path().to_str().unwrap();
    let texts = "hola\nflurbo\nbaja\n";
    let said = Baja::new(&["lexicon", "diff", "-", path]).run_with(texts);
    assert_eq!(said.code, 1);
    assert_eq!(said.out, "none (none) -> stop all (es/keyword/flurbo): flurbo\n1 of 3 texts change.\n");
    let said = Baja::new(&["lexicon", "diff", path, path, "--json"]).run_with(texts);
    assert_eq!((said.code, said.objects()), (0, vec![json!({ "changed": 0, "texts": 3 })]));
}

#[test]
fn the_words_of_a_business_are_checked_and_compared_with_what_comes_of_them_there() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    let new = folder.path().join("new");
    for (folder, words) in [(&own, "flurbo"), (&new, "grumbo")] {
        std::fs::create_dir(folder).unwrap();
        let file = format!(
            "language = \"es\"\n[[keywords]]\naction = \"stop\"\nwords = \"{words}\"\n[match]\nhelp = [\"flurbo\"]\n"
        );
        std::fs::write(folder.join("ours.toml"), file).unwrap();
    }
    let run = |arguments: &[&str]| {
        Baja::new(&[&["lexicon"], arguments].concat())
            .env("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", "100000000000001")
            .env("BAJA__BUSINESS__ACME__DEFAULT_SCOPE", "marketing")
            .env("BAJA__BUSINESS__ACME__LEXICON", own.to_str().unwrap())
            .run_with("flurbo\ngrumbo\n")
    };
    assert_eq!(run(&["check"]).code, 0);
    let said = run(&["check", "--business", "acme"]);
    let expected = "expected help, got stop by es/keyword/flurbo: flurbo";
    assert!(said.code == 1 && said.out.contains(expected), "{said:?}");

    let new = new.to_str().unwrap();
    // Its own words are on both sides.
    let said = run(&["diff", "-", new, "--business", "acme"]);
    let expected = "none (none), there nothing -> stop all (es/keyword/grumbo), there marketing: grumbo\n1 of 2 texts change.\n";
    assert_eq!((said.code, said.out.as_str()), (1, expected));
    let said = run(&["diff", "-", new, "--business", "acme", "--json"]);
    assert_eq!(said.objects()[0]["new"]["effect"], "marketing");
    assert!(run(&["diff", "-", new, "--json"]).objects()[0]["new"].get("effect").is_none());
    assert_eq!(run(&["diff", "-", new, "--business", "beta"]).code, 2);
}

#[test]
fn the_words_are_scored_on_a_table_in_halves() {
    let folder = tempfile::tempdir().unwrap();
    let table = "text\tlanguage\texpected\tdifficulty\tnote\nBAJA\tes\tstop\tplain\t\nhola\tes\tnone\ttrap\t\n\
                 blablabla\tes\tstop\tplain\t\n";
    std::fs::write(folder.path().join("table.tsv"), table).unwrap();
    let said = Baja::new(&["eval", "table.tsv", "--misses"]).inside(folder.path()).run();
    assert_eq!(said.code, 0, "{said:?}");
    for expected in ["Odd half", "Even half", "Both halves: 3 phrases", "50.0% (1/2)", "blablabla"] {
        assert!(said.out.contains(expected), "{expected} in {}", said.out);
    }
    let said = Baja::new(&["eval", "table.tsv", "--json"]).inside(folder.path()).run();
    let all = said.objects().into_iter().find(|row| row["half"] == "both" && row["group"] == "all").unwrap();
    assert_eq!((&all["stops"]["hits"], &all["stops"]["of"]), (&json!(1), &json!(2)));

    let said = Baja::new(&["eval"]).inside(folder.path()).run();
    assert_eq!((said.code, said.err.contains("give the file of a table")), (2, true), "{said:?}");
}
