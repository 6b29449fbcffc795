//! Every exit code of the program.

use std::process::{ExitCode, Termination};

/// How a command ended, in order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 2: usage, configuration or input error.
    Usage,
    /// 1: the run is invalid, a target is broken, or a regression is proven. Only `check` uses it.
    Failed,
    /// 3: could not judge. Only `check` uses it.
    Unjudged,
    /// 0: everything else.
    Success,
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Unjudged => 3,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}
