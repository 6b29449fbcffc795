//! The figures a finding stands on, by name.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Unit;

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Value {
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
}

/// Named numbers, and nothing but numbers: words belong into the message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Evidence(pub BTreeMap<String, Value>);

impl Evidence {
    /// No evidence yet.
    pub fn new() -> Evidence {
        Evidence::default()
    }

    /// Adds a number.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64, unit: Unit) -> Evidence {
        self.0.insert(name.to_owned(), Value { value, unit });
        self
    }

    /// Adds a count.
    #[must_use]
    pub fn count(self, name: &str, value: u64) -> Evidence {
        self.with(name, value as f64, Unit::Count)
    }

    /// A number by its name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).map(|value| value.value)
    }
}
