//! The program from outside: exit code, standard output, standard error. One module per command.
#![expect(clippy::unwrap_used, reason = "a test may end where it stands")]

mod bad_input;
mod baseline;
mod beside;
mod check;
mod ci;
mod columns;
mod compare;
mod contradictions;
mod convert;
mod explain;
mod hidden;
mod hostile;
mod init;
mod inputs;
mod junit;
mod map;
mod merge;
mod no_requests;
mod outcomes;
mod output;
mod plan;
mod report;
mod samples_ci;
mod save;
mod scale;
mod script;
mod tool_totals;
mod unlike;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A sample of this project.
pub(crate) fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("samples")
        .join(name)
}

/// How a run of the program ended.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder of its own, removed at the end.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("knee-cli-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        // A repository root: no knee.toml above it is found.
        std::fs::create_dir(path.join(".git")).unwrap();
        Scratch(path)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Runs the program here, in a clean environment.
    pub(crate) fn knee(&self, arguments: &[&str]) -> Done {
        self.knee_with(arguments, b"", &[])
    }

    pub(crate) fn knee_with(
        &self,
        arguments: &[&str],
        stdin: &[u8],
        variables: &[(&str, &str)],
    ) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_knee"));
        command
            .args(arguments)
            .current_dir(&self.0)
            .env_clear()
            .envs(variables.iter().copied());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let bytes = stdin.to_vec();
        let feed = std::thread::spawn(move || {
            let _ = std::io::Write::write_all(&mut pipe, &bytes);
        });
        let output = child.wait_with_output().unwrap();
        feed.join().unwrap();
        Done {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the program on samples, in a folder of its own.
pub(crate) fn knee(name: &str, arguments: &[&str]) -> Done {
    Scratch::new(name).knee(arguments)
}
