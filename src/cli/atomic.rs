//! Files that are there whole or not at all.
//!
//! What is written goes to a file without a name of its own worth beside the target, and takes the target's
//! place at the end. An error, a panic or Ctrl-C before that leaves the target as it was and nothing beside it.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, bail};
use tempfile::{NamedTempFile, TempPath};
use tokio::signal::unix::{SignalKind, signal};

const BUFFER_BYTES: usize = 256 * 1024;
/// What a new file may be used for, before the umask.
const NEW_FILE_MODE: u32 = 0o666;
/// A process that a signal ended exits with this and the signal's number, as in a shell.
const SIGNALLED: i32 = 128;

#[allow(
    clippy::disallowed_methods,
    reason = "the command may wait for input that never comes, which nothing can call off; there is nothing to drain"
)]
fn leave(code: i32) -> ! {
    std::process::exit(code)
}

/// The path without links and detours, of a file that need not be there yet.
pub(super) fn real(path: &Path) -> PathBuf {
    let folder = || {
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
    };
    fs::canonicalize(path).ok().or_else(folder).unwrap_or_else(|| path.to_owned())
}

/// Where a command writes to.
pub(super) struct Sink {
    out: BufWriter<Box<dyn Write>>,
    /// The file to take the target's place; `None` for standard output and for what is no regular file.
    unfinished: Option<Unfinished>,
}

struct Unfinished {
    file: File,
    path: TempPath,
    target: PathBuf,
}

/// The sinks of one command: they take their places together.
pub(super) struct Sinks {
    /// The unfinished files, for whoever clears them away when a signal comes. Held while they take their
    /// places, so that no signal comes between.
    unfinished: Arc<Mutex<Vec<PathBuf>>>,
}

impl Sinks {
    /// Begins to watch for signals.
    ///
    /// # Errors
    ///
    /// When signals cannot be watched.
    pub(super) fn new() -> io::Result<Self> {
        let unfinished = Arc::new(Mutex::new(Vec::new()));
        for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
            let mut signals = signal(kind)?;
            let unfinished = Arc::clone(&unfinished);
            tokio::spawn(async move {
                if signals.recv().await.is_some() {
                    let paths = unfinished.lock().unwrap_or_else(PoisonError::into_inner);
                    for path in paths.iter() {
                        let _ = fs::remove_file(path);
                    }
                    leave(SIGNALLED + kind.as_raw_value());
                }
            });
        }
        Ok(Self { unfinished })
    }

    /// Opens a target; `-` is standard output. Other than regular files (`/dev/null`, a pipe) are written to
    /// directly.
    ///
    /// # Errors
    ///
    /// When nothing can be written beside the target, or the target is one of `inputs`.
    pub(super) fn open(&self, target: &Path, inputs: &[&Path]) -> anyhow::Result<Sink> {
        if target == Path::new("-") {
            return Ok(Sink::direct(io::stdout()));
        }
        // A link stays, and what it points to is replaced.
        let target = real(target);
        if inputs.iter().any(|input| fs::canonicalize(input).is_ok_and(|input| input == target)) {
            bail!("{} is also read from; write to another file", target.display());
        }
        let existing = fs::metadata(&target).ok();
        if existing.as_ref().is_some_and(fs::Metadata::is_dir) {
            bail!("{} is a folder; name a file in it", target.display());
        }
        if existing.as_ref().is_some_and(|existing| !existing.is_file()) {
            let file = File::options().write(true).open(&target);
            return Ok(Sink::direct(
                file.with_context(|| format!("{} cannot be written", target.display()))?,
            ));
        }
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        let made = tempfile::Builder::new()
            .prefix(".baja-")
            .suffix(".unfinished")
            .permissions(existing.map_or(Permissions::from_mode(NEW_FILE_MODE), |old| old.permissions()))
            .tempfile_in(folder)
            .with_context(|| format!("nothing can be written in {}", folder.display()))?;
        unfinished.push(made.path().to_owned());
        Sink::to_replace(made, target)
    }

    /// Puts every sink in its place, on disk.
    ///
    /// # Errors
    ///
    /// When something cannot be written; sinks that are not in their place yet then leave nothing.
    pub(super) fn finish(&self, sinks: Vec<Sink>) -> anyhow::Result<()> {
        let mut ready = Vec::new();
        for mut sink in sinks {
            sink.out.flush()?;
            if let Some(unfinished) = sink.unfinished {
                unfinished.file.sync_all()?;
                ready.push(unfinished);
            }
        }
        let mut watched = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        for Unfinished { path, target, .. } in ready {
            path.persist(&target).with_context(|| format!("{} cannot be written", target.display()))?;
            if let Some(folder) = target.parent().filter(|folder| *folder != Path::new("")) {
                // The name itself; not every file system can do this, and the content is safe.
                let _ = File::open(folder).and_then(|folder| folder.sync_all());
            }
        }
        watched.clear();
        Ok(())
    }
}

impl Sink {
    fn direct(out: impl Write + 'static) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER_BYTES, Box::new(out)), unfinished: None }
    }

    fn to_replace(made: NamedTempFile, target: PathBuf) -> anyhow::Result<Self> {
        let (file, path) = made.into_parts();
        let out: Box<dyn Write> = Box::new(file.try_clone()?);
        Ok(Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, out),
            unfinished: Some(Unfinished { file, path, target }),
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
