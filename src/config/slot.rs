//! Which slot of a Redis Cluster a key lives in.
//!
//! Source: the Redis Cluster specification, "Key distribution model" and "Hash tags"
//! (<https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/>).

/// Slots of a cluster.
const SLOTS: u16 = 16_384;

/// The part of a key that decides its slot: what stands between the first `{` and the next `}`, or else the whole key.
pub fn hash_tag(key: &str) -> &str {
    let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
    tag.filter(|tag| !tag.is_empty()).unwrap_or(key)
}

/// The slot of a key, 0 to 16383.
pub fn slot(key: &str) -> u16 {
    crc16(hash_tag(key).as_bytes()) % SLOTS
}

/// CRC-16/XMODEM: polynomial 0x1021, start 0, nothing reflected.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_specification_s() {
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(crc16(b""), 0);
    }

    #[test]
    fn a_key_without_tag_shares_the_slot_of_keys_tagged_with_it() {
        assert_eq!(slot("wa:optout"), 2852);
        assert_eq!(slot("baja:{wa:optout}:evidence"), 2852);
    }

    #[test]
    fn the_tag_is_the_first_pair_of_braces_that_is_not_empty() {
        for (key, tag) in [
            ("{acme}:a", "acme"),
            ("a{acme}b{other}", "acme"),
            ("a{}b{acme}", "a{}b{acme}"),
            ("a{b", "a{b"),
            ("a}b", "a}b"),
            ("{{acme}}", "{acme"),
        ] {
            assert_eq!(hash_tag(key), tag, "{key}");
        }
    }
}
