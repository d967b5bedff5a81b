//! The lexicon's own files, packed by the build (`build/lexicon.rs`).

use miniz_oxide::inflate::decompress_to_vec;

macro_rules! embedded {
    ($($name:literal)*) => {
        /// The files, deflated. Where rules of several languages explain the same words, the first language has the say and the
        /// answer is in it: so those come first in which most people here write such words.
        const FILES: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!(env!("OUT_DIR"), "/lexicon/", $name)))),*];
    };
}

embedded! {
    "en.toml" "es.toml" "pt.toml" "fr.toml" "it.toml" "de.toml" "ar.toml" "ca.toml"
    "da.toml" "el.toml" "eu.toml" "gl.toml" "he.toml" "hi-Latn.toml" "hi.toml" "id.toml"
    "ja.toml" "ko.toml" "ms.toml" "nb.toml" "nl.toml" "pl.toml" "ro.toml" "ru.toml"
    "sv.toml" "sw.toml" "th.toml" "tr.toml" "uk.toml" "vi.toml" "zh.toml"
}

/// The files by their names, each unpacked when its turn comes; a file that is broken, which the tests rule out, has no text.
pub(super) fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES.iter().map(|(name, packed)| {
        let text = decompress_to_vec(packed).ok().and_then(|text| String::from_utf8(text).ok());
        (*name, text.unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded_as_it_is() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config/lexicon");
        let mut there = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let (path, name) = file.map(|file| (file.path(), file.file_name())).unwrap();
            let embedded = files().find(|(own, _)| name == *own).unwrap();
            assert_eq!(embedded.1, std::fs::read_to_string(path).unwrap(), "{name:?}");
            there += 1;
        }
        assert_eq!(there, FILES.len());
    }
}
