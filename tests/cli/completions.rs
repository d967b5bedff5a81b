//! `completions`.

use std::process::Command;

use crate::binary::Baja;

/// The commands that `baja --help` lists.
fn commands() -> Vec<String> {
    let help = Baja::new(&["--help"]).run().out;
    let list = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_is_completed_in_every_shell() {
    let commands = commands();
    assert!(commands.len() > 15 && commands.contains(&"doctor".to_owned()), "{commands:?}");
    for shell in ["bash", "zsh", "fish"] {
        let said = Baja::new(&["completions", shell]).run();
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{shell}");
        for command in &commands {
            assert!(said.out.contains(command.as_str()), "{shell} does not complete {command}");
        }
    }
    assert_eq!(Baja::new(&["completions", "tcsh"]).run().code, 2);
}

#[test]
fn bash_completes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("baja.bash");
    std::fs::write(&script, Baja::new(&["completions", "bash"]).run().out).unwrap();
    let ask =
        r#"source "$0"; COMP_WORDS=(baja doc); COMP_CWORD=1; _baja baja doc baja; echo "${COMPREPLY[*]}""#;
    let output = Command::new("bash").args(["--norc", "-c", ask]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "doctor", "{output:?}");
}
