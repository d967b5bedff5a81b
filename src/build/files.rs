//! The files of the lexicon in their folder.

use std::fs;
use std::io;
use std::path::Path;

/// Where rules of several languages explain the same words, the first language has the say and the answer is in it: so those come
/// first in which most people here write such words. The others follow by their names.
const FIRST: [&str; 6] = ["en.toml", "es.toml", "pt.toml", "fr.toml", "it.toml", "de.toml"];

/// The files of a folder in their order, name and text.
pub(crate) fn read(folder: &Path) -> io::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        if let Some(name) =
            path.file_name().and_then(|name| name.to_str()).filter(|name| name.ends_with(".toml"))
        {
            files.push((name.to_owned(), fs::read_to_string(&path)?));
        }
    }
    let place = |name: &str| FIRST.iter().position(|first| *first == name).unwrap_or(FIRST.len());
    files.sort_by(|(one, _), (other, _)| (place(one), one).cmp(&(place(other), other)));
    Ok(files)
}
