//! `sign`.

use baja::signature::AppSecrets;

use crate::binary::Baja;

#[test]
fn the_service_takes_what_it_signs() {
    let folder = tempfile::tempdir().unwrap();
    let body = b"{\"object\":\"whatsapp_business_account\"}\r\n\xff\0";
    std::fs::write(folder.path().join("body.json"), body).unwrap();
    let sign = |arguments: &[&str]| {
        Baja::new(arguments).inside(folder.path()).env("BAJA_APP_SECRET", "invented-secret,older-one")
    };
    let said = sign(&["sign", "body.json"]).run();
    let value = said.out.trim_end();
    let secrets = AppSecrets::new(["invented-secret"]).unwrap();
    assert!(secrets.verify([value.as_bytes()], body).is_ok(), "{said:?}");

    assert_eq!(sign(&["sign", "-"]).run_with(body).out, said.out);
    let header = sign(&["sign", "body.json", "--header"]).run();
    assert_eq!(header.out, format!("X-Hub-Signature-256: {}", said.out));
}

#[test]
fn without_a_secret_or_a_file_it_says_what_to_do() {
    let said = Baja::new(&["sign", "-"]).run();
    assert_eq!((said.code, said.err.contains("set BAJA_APP_SECRET")), (2, true), "{said:?}");
    let said = Baja::new(&["sign", "nothing.json"]).env("BAJA_APP_SECRET", "invented-secret").run();
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains("nothing.json") && !said.err.contains("invented-secret"), "{}", said.err);
}
