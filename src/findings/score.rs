//! A score with its formula: the result type.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the score fills them in"
)]
pub struct ScorePart {
    pub name: String,
    pub weight: f64,
    pub value: f64,
    pub formula: String,
}

/// A score with its formula.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(
    missing_docs,
    reason = "DESIGN section 5 names them; the score fills them in"
)]
pub struct Score {
    pub value: f64,
    pub parts: Vec<ScorePart>,
}
