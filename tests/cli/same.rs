//! `same`.

use serde_json::json;

use crate::binary::Baja;

#[test]
fn says_whether_and_why() {
    for (arguments, code, why) in [
        (&["+52 1 55 1234 5678", "525512345678"][..], 0, "same: a Mexican mobile"),
        (&["--country", "AR", "011 15 2345-6789", "5491123456789"], 0, "same: the same digits"),
        (&["+54 11 2345 6789", "5491123456789"], 0, "same: an Argentine mobile"),
        (&["559281723241", "5592981723241"], 0, "same: a Brazilian mobile"),
        (&["554133334444", "5541933334444"], 1, "not the same: other digits"),
        (&["US.118", "US.ENT.118"], 1, "not the same: other user ids"),
        (&["MX.9001", "MX.9001"], 0, "same: the same user id"),
        (&["MX.9001", "525512345678"], 1, "not the same: a user id does not tell a number"),
    ] {
        let said = Baja::new(&[&["same"], arguments].concat()).run();
        assert_eq!((said.code, said.out.starts_with(why)), (code, true), "{said:?}");
    }
    let said = Baja::new(&["same", "--json", "+5215512345678", "525512345678"]).run();
    let line = &said.objects()[0];
    assert_eq!((&line["a"], &line["same"]), (&json!("5215512345678"), &json!(true)));
}

#[test]
fn what_cannot_be_read_is_neither() {
    for arguments in
        [&["same", "hello", "525512345678"][..], &["same", "525512345678", "55 1234 5678"], &["same", "MX.1"]]
    {
        let said = Baja::new(arguments).run();
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
        assert!(!said.err.is_empty() && !said.err.contains("1234 5678"), "{said:?}");
    }
}
