//! The document of every release: `aggregate` and `intermediate`, once each, in any order, one window at a time.

use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::ingest::json::Key;

/// Takes the parts of a document while it is read.
pub(super) trait Parts<'de> {
    /// Reads the sums of the run, which are the next value.
    fn aggregate<A: MapAccess<'de>>(&mut self, map: &mut A) -> Result<(), A::Error>;
    /// Reads all windows.
    fn windows<A: SeqAccess<'de>>(&mut self, windows: A) -> Result<(), A::Error>;
    /// Whether the windows cannot be understood yet, and are skipped.
    fn skips_windows(&mut self) -> bool {
        false
    }
}

/// The whole document; gives its reader back.
pub(super) struct Document<R>(pub(super) R);

impl<'de, R: Parts<'de>> DeserializeSeed<'de> for Document<R> {
    type Value = R;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<R, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: Parts<'de>> Visitor<'de> for Document<R> {
    type Value = R;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object with `aggregate` and `intermediate`")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<R, A::Error> {
        let (mut sums, mut windows) = (false, false);
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "aggregate" if sums => return Err(de::Error::duplicate_field("aggregate")),
                "intermediate" if windows => {
                    return Err(de::Error::duplicate_field("intermediate"));
                }
                "aggregate" => {
                    self.0.aggregate(&mut map)?;
                    sums = true;
                }
                "intermediate" => {
                    if self.0.skips_windows() {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        map.next_value_seed(Windows(&mut self.0))?;
                    }
                    windows = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if sums {
            Ok(self.0)
        } else {
            Err(de::Error::missing_field("aggregate"))
        }
    }
}

struct Windows<'r, R>(&'r mut R);

impl<'de, R: Parts<'de>> DeserializeSeed<'de> for Windows<'_, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, R: Parts<'de>> Visitor<'de> for Windows<'_, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of windows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, windows: A) -> Result<(), A::Error> {
        self.0.windows(windows)
    }
}
