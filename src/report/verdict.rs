//! Effects of findings, the verdict, and its order of precedence: decided here and nowhere else.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a rule's finding does.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing.
    Note,
    /// The verdict is at least "warn".
    Warn,
    /// The latency is "not measured"; the verdict is at least "warn".
    Void,
    /// Two runs are not comparable; the verdict is at least "unjudged".
    Uncomparable,
    /// Something could not be judged.
    Unjudged,
    /// A target is broken or a regression is proven.
    Fail,
    /// The run cannot be believed.
    Invalid,
    /// The input cannot be used at all: exit 2.
    Refuse,
}

/// The answer of an analysis.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every target is met and nothing speaks against the run.
    Pass,
    /// Met, with something to look at.
    Warn,
    /// There was nothing to judge by, or it could not be judged.
    Unjudged,
    /// A target is broken or a regression is proven.
    Fail,
    /// The run cannot be believed.
    Invalid,
}

impl Effect {
    /// The least verdict after a finding of this effect.
    pub fn verdict(self) -> Verdict {
        match self {
            Effect::Note => Verdict::Pass,
            Effect::Warn | Effect::Void => Verdict::Warn,
            Effect::Uncomparable | Effect::Unjudged => Verdict::Unjudged,
            Effect::Fail => Verdict::Fail,
            Effect::Invalid | Effect::Refuse => Verdict::Invalid,
        }
    }

    /// As it is written in `knee.toml`, JSON and `knee explain`.
    pub fn id(self) -> &'static str {
        match self {
            Effect::Note => "note",
            Effect::Warn => "warn",
            Effect::Void => "void",
            Effect::Uncomparable => "uncomparable",
            Effect::Unjudged => "unjudged",
            Effect::Fail => "fail",
            Effect::Invalid => "invalid",
            Effect::Refuse => "refuse",
        }
    }
}

impl Verdict {
    /// The gravest of what was found; `judged` = whether any target or baseline was there to judge by.
    ///
    /// ```
    /// use knee::report::{Effect, Verdict};
    /// assert_eq!(Verdict::of([Effect::Note], true), Verdict::Pass);
    /// assert_eq!(Verdict::of([Effect::Warn], false), Verdict::Unjudged);
    /// assert_eq!(Verdict::of([Effect::Invalid, Effect::Fail], true), Verdict::Invalid);
    /// ```
    pub fn of(effects: impl IntoIterator<Item = Effect>, judged: bool) -> Verdict {
        let least = if judged {
            Verdict::Pass
        } else {
            Verdict::Unjudged
        };
        effects
            .into_iter()
            .map(Effect::verdict)
            .fold(least, Verdict::max)
    }

    /// As it stands in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Warn => "warn",
            Verdict::Unjudged => "unjudged",
            Verdict::Fail => "fail",
            Verdict::Invalid => "invalid",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
