//! A disk that is full for Redis, by a limit to the size of its files.

use std::{
    fs::{DirEntry, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use baja::startup::private_redis::PrivateRedis;

/// A `redis-server` that hears of a full disk from its write, as from a real one, and not by a signal.
pub fn redis_program(folder: &Path) -> PathBuf {
    let program = folder.join("redis-server");
    std::fs::write(&program, "#!/bin/sh\ntrap '' XFSZ\nexec redis-server \"$@\"\n").unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    program
}

/// Lets it write a few bytes more to its append-only file, as on a disk without room: that write is cut short.
pub fn fill(redis: &PrivateRedis) {
    let (_, written) = newest(redis, ".incr.aof");
    limit_files(redis, &(written + 50).to_string());
}

/// There is room again.
pub fn empty(redis: &PrivateRedis) {
    limit_files(redis, "unlimited");
}

/// How often it has written its append-only file anew.
pub fn rewrites(redis: &PrivateRedis) -> u64 {
    newest(redis, ".base.rdb").0
}

/// The number and size of the newest of its files that end so: a rewrite leaves older ones behind.
fn newest(redis: &PrivateRedis, ending: &str) -> (u64, u64) {
    let files = std::fs::read_dir(redis.folder().join("appendonlydir")).unwrap();
    let size_of = |file: DirEntry| {
        let name = file.file_name().into_string().unwrap();
        let number: u64 = name.strip_suffix(ending)?.rsplit('.').next()?.parse().ok()?;
        // It may be removed meanwhile.
        Some((number, file.metadata().ok()?.len()))
    };
    files.map(Result::unwrap).filter_map(size_of).max().unwrap()
}

fn limit_files(redis: &PrivateRedis, bytes: &str) {
    let process = redis.process().expect("it runs").to_string();
    // Only the soft limit, so that it can be lifted again.
    let limit = format!("--fsize={bytes}:unlimited");
    let set = Command::new("prlimit").args(["--pid", &process, &limit]).status();
    assert!(set.unwrap().success(), "prlimit {limit}");
}
