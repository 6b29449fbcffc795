//! What a reader, or whatever works on a run after it, wants known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something the reader wants known: a record left out, a figure derived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Note {
    /// A short stable word.
    pub id: String,
    /// One sentence.
    pub text: String,
    /// How often.
    pub count: u64,
}

impl Note {
    /// The id that says: the endpoints are some of the run's and may overlap, so nothing follows from their sum.
    pub const SOME_ENDPOINTS: &str = "some-endpoints";
    /// A file that cannot be read where others can.
    pub const FILE_BROKEN: &str = "file-broken";
    /// Which column is the latency, or its unit, is a guess: no target on a latency is judged.
    pub const LATENCY_ASSUMED: &str = "latency-assumed";

    /// Samples of resources that were all taken before or after the run.
    pub const OTHER_TIME: &str = "resources-of-another-time";
    /// A tool wrote a list of no endpoint at all.
    pub const EMPTY_ARRAY: &str = "empty-array";
    /// What a trim left out.
    pub const TRIM: &str = "trim";
    /// A trim that could not be done.
    pub const UNTRIMMED: &str = "untrimmed";
    /// The parts that a distributed run was merged from.
    pub const MERGED_PARTS: &str = "merged-parts";
    /// How the ids of all notes on merging begin.
    pub const MERGED: &str = "merged-";
    /// Percentiles that merging cannot know.
    pub const MERGED_PERCENTILES: &str = "merged-percentiles";

    /// Requests that do not say whether they succeeded.
    pub const NO_OUTCOME: &str = "no-outcome";

    /// Whether the figures of a page must be read otherwise because of it, so that the first sentences say it.
    pub fn is_news(&self) -> bool {
        [
            Note::FILE_BROKEN,
            Note::LATENCY_ASSUMED,
            Note::NO_OUTCOME,
            Note::OTHER_TIME,
        ]
        .contains(&self.id.as_str())
    }
}
