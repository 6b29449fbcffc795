//! The document of every release: `aggregate` and `intermediate`, once each, in any order, one window at a time.

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::json::{Fill, Filling, Key};

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

    fn deserialize<D: Deserializer<'de>>(mut self, deserializer: D) -> Result<R, D::Error> {
        Filling(&mut self).deserialize(deserializer)?;
        Ok(self.0)
    }
}

impl<'de, R: Parts<'de>> Fill<'de> for &mut Document<R> {
    const EXPECTED: &'static str = "an object with `aggregate` and `intermediate`";

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
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
                        map.next_value_seed(Filling(Windows(&mut self.0)))?;
                    }
                    windows = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if sums {
            Ok(())
        } else {
            Err(de::Error::missing_field("aggregate"))
        }
    }
}

struct Windows<'r, R>(&'r mut R);

impl<'de, R: Parts<'de>> Fill<'de> for Windows<'_, R> {
    const EXPECTED: &'static str = "an array of windows";

    fn elements<A: SeqAccess<'de>>(self, windows: A) -> Result<(), A::Error> {
        self.0.windows(windows)
    }
}
