//! Every fixture of `tests/data/webhooks` against what it must yield. To accept a change, look at it and run
//! the test with `INSTA_UPDATE=always`.

use std::fs;
use std::path::Path;

use super::described;

#[test]
fn every_kind_of_webhook_yields_what_is_written_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/webhooks");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .filter_map(|file| file.unwrap().file_name().to_str()?.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    assert!(names.len() > 40, "the fixtures are missing");
    for name in names {
        let body = fs::read(folder.join(format!("{name}.json"))).unwrap();
        insta::with_settings!({
            snapshot_path => "../../../tests/data/webhooks",
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(name, described(&body));
        });
    }
}
