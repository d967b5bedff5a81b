//! What the build put into the binary of the lexicon (`src/build/lexicon.rs`).

use miniz_oxide::inflate::decompress_to_vec;

/// The files with their names, deflated.
static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/lexicon.rs"));

/// Has numbers begin where a processor wants them.
#[repr(C, align(8))]
struct Aligned<T: ?Sized>(T);

static TABLES: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/lexicon.tables")));

/// The files, name and text, each unpacked when its turn comes. Where rules of several languages explain the same words, the
/// language of the first file has the say. One that is broken, which the tests rule out, has no text.
pub(crate) fn files() -> impl Iterator<Item = (String, String)> {
    FILES.iter().map(|(name, packed)| {
        let text = decompress_to_vec(packed).ok().and_then(|text| String::from_utf8(text).ok());
        ((*name).to_owned(), text.unwrap_or_default())
    })
}

/// The tables of these files, as [`intent::pack`](crate::intent::pack) makes them. Empty where the build could not make them
/// for the processor.
pub(crate) fn tables() -> &'static [u8] {
    &TABLES.0
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
            let embedded = files().find(|(own, _)| name == own.as_str()).unwrap();
            assert_eq!(embedded.1, std::fs::read_to_string(path).unwrap(), "{name:?}");
            there += 1;
        }
        assert_eq!(there, FILES.len());
        let first: Vec<&str> = FILES.iter().map(|(name, _)| *name).take(7).collect();
        assert_eq!(first, ["en.toml", "es.toml", "pt.toml", "fr.toml", "it.toml", "de.toml", "ar.toml"]);
    }

    #[test]
    fn the_tables_lie_where_numbers_may_be_read() {
        assert!(!tables().is_empty());
        assert_eq!(tables().as_ptr().align_offset(align_of::<u64>()), 0);
    }
}
