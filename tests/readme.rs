//! README.md and README.es.md say the same: the same headings, programs, commands, keys and links, in the same order of
//! sections. What the words between them say, a reader must compare.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a failure of the test")]

use std::{collections::BTreeMap, fs, path::Path};

/// What a section of either language must have.
#[derive(Debug, Default, PartialEq, Eq)]
struct Section {
    /// Programs, without comments.
    code: Vec<String>,
    /// What stands in backticks outside of them, with how often.
    spans: BTreeMap<String, usize>,
    /// Where links lead, with how often.
    links: BTreeMap<String, usize>,
    /// Lines that begin an item of a list or are a row of a table.
    items: usize,
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The sections, each with the level of its heading.
fn sections(text: &str) -> Vec<(usize, Section)> {
    let mut sections = vec![(0, Section::default())];
    let mut in_code = false;
    let mut prose = String::new();
    for line in text.lines().chain(["# end"]) {
        let (_, section) = sections.last_mut().unwrap();
        if line.starts_with("```") {
            in_code = !in_code;
            section.code.push(line.to_owned());
        } else if in_code {
            section.code.push(line.split(" # ").next().unwrap().trim_end().to_owned());
        } else if line.starts_with('#') {
            note(section, &std::mem::take(&mut prose));
            let level = line.bytes().take_while(|byte| *byte == b'#').count();
            sections.push((level, Section::default()));
        } else {
            let begins = line.starts_with("- ")
                || line.starts_with('|')
                || line.starts_with(|c: char| c.is_ascii_digit());
            section.items += usize::from(begins && !line.starts_with("1.91"));
            prose.push_str(line);
            prose.push('\n');
        }
    }
    sections.pop();
    sections
}

fn note(section: &mut Section, prose: &str) {
    for (place, part) in prose.split('`').enumerate() {
        if place % 2 == 1 {
            *section.spans.entry(part.to_owned()).or_default() += 1;
        }
    }
    for link in prose.split("](").skip(1) {
        *section.links.entry(link.split(')').next().unwrap().to_owned()).or_default() += 1;
    }
    // Each names the other.
    section.links.retain(|link, _| !link.starts_with("README"));
}

#[test]
fn both_languages_have_the_same_sections_programs_commands_and_links() {
    let (english, spanish) = (sections(&read("README.md")), sections(&read("README.es.md")));
    let levels = |sections: &[(usize, Section)]| sections.iter().map(|(level, _)| *level).collect::<Vec<_>>();
    assert_eq!(levels(&english), levels(&spanish), "the headings differ");
    assert!(english.len() > 8 && english.iter().any(|(_, section)| section.code.len() > 5));
    for (place, ((_, english), (_, spanish))) in english.iter().zip(&spanish).enumerate() {
        assert_eq!(english, spanish, "section {place}: README.md is left, README.es.md right");
    }
}

#[test]
fn each_names_the_other() {
    assert!(read("README.md").contains("[Español](README.es.md)"));
    assert!(read("README.es.md").contains("[English](README.md)"));
}

#[test]
fn what_differs_is_found() {
    let one = sections("# A\n`x`\n```sh\nrun   # now\n```\n- [b](c)\n");
    assert_eq!(one, sections("# Á\n`x`\n```sh\nrun   # ahora\n```\n- [be](c)\n"));
    for other in [
        "# A\n`y`\n```sh\nrun\n```\n- [b](c)\n",
        "# A\n`x`\n```sh\ngo\n```\n- [b](c)\n",
        "# A\n`x`\n```sh\nrun\n```\n- [b](d)\n",
    ] {
        assert_ne!(one, sections(other), "{other}");
    }
}
