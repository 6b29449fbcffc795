//! The tree of groups and the checks in it: maps in one generation of the summary, lists in the other.
//!
//! Names nothing by its path; that is the run's business.

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::json::Filling;
use crate::ingest::k6::part::{Loose, Part, text_of};

/// A group of the script: checks and further groups.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Empty for the root.
    pub name: String,
    /// Inside it.
    pub groups: Vec<Group>,
    /// Inside it.
    pub checks: Vec<Check>,
}

/// A check that the script made.
#[derive(Debug, Default)]
pub(super) struct Check {
    /// As the script calls it.
    pub name: String,
    /// Times passed.
    pub passes: Option<u64>,
    /// Times failed.
    pub fails: Option<u64>,
}

impl<'de> Part<'de> for Group {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "name" => {
                if let Some(name) = text_of(map)? {
                    self.name = name;
                }
                Ok(())
            }
            "groups" => map.next_value_seed(Filling(&mut Groups(&mut self.groups))),
            "checks" => map.next_value_seed(Filling(&mut Checks(&mut self.checks))),
            _ => map.next_value::<IgnoredAny>().map(drop),
        }
    }
}

/// A map or a list of groups.
struct Groups<'a>(&'a mut Vec<Group>);

impl<'de> Part<'de> for Groups<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let mut group = Group {
            name: key.to_owned(),
            ..Group::default()
        };
        map.next_value_seed(Filling(&mut group))?;
        self.0.push(group);
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(&mut self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let mut group = Group::default();
            if elements.next_element_seed(Filling(&mut group))?.is_none() {
                return Ok(());
            }
            self.0.push(group);
        }
    }
}

/// A map or a list of checks.
pub(super) struct Checks<'a>(pub &'a mut Vec<Check>);

impl<'de> Part<'de> for Checks<'_> {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let mut check = Check {
            name: key.to_owned(),
            ..Check::default()
        };
        map.next_value_seed(Filling(&mut check))?;
        self.0.push(check);
        Ok(())
    }

    fn list<A: SeqAccess<'de>>(&mut self, mut elements: A) -> Result<(), A::Error> {
        loop {
            let mut check = Check::default();
            if elements.next_element_seed(Filling(&mut check))?.is_none() {
                return Ok(());
            }
            self.0.push(check);
        }
    }
}

impl<'de> Part<'de> for Check {
    fn member<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let slot = match key {
            "name" => {
                if let Some(name) = text_of(map)? {
                    self.name = name;
                }
                return Ok(());
            }
            "passes" => &mut self.passes,
            "fails" => &mut self.fails,
            _ => return map.next_value::<IgnoredAny>().map(drop),
        };
        let number: Loose = map.next_value()?;
        *slot = number.0.and_then(|number| number.count().ok()?);
        Ok(())
    }
}
