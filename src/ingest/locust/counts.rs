//! The maps of counts in `locust --json`: samples by response time, requests and failures by second.
//!
//! A map has a hundred keys and a file a hundred thousand: nothing is allocated for a key, and
//! the counts go into buckets as they come, which a derive does not do. Knows no endpoint.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::ingest::locust::bucket::{Buckets, Pile};

/// A map of numbers, written as texts, to counts.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) buckets: Buckets,
    /// Keys that stand there twice.
    pub(super) twice: u64,
}

/// A key of such a map: a number, or what else stands there, cut.
enum Key {
    Number(f64),
    Other(String),
}

impl Key {
    fn of(text: &str) -> Key {
        // Nearly every key is a short whole number, which needs no reading of decimals.
        let plain = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number = if plain {
            let digits = text.bytes().map(|digit| u64::from(digit - b'0'));
            digits.fold(0, |number, digit| number * 10 + digit) as f64
        } else {
            text.parse().unwrap_or(f64::NAN)
        };
        if number.is_finite() && number >= 0.0 {
            Key::Number(number)
        } else {
            Key::Other(text.chars().take(40).collect())
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        struct Reading;
        impl Visitor<'_> for Reading {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number as a key")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Key, E> {
                Ok(Key::of(text))
            }
        }
        deserializer.deserialize_str(Reading)
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Counts, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Counts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of counts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counts, A::Error> {
                let mut pile = Pile::default();
                while let Some((key, count)) = map.next_entry::<Key, u64>()? {
                    let number = match key {
                        Key::Number(number) => number,
                        Key::Other(shown) => {
                            return Err(de::Error::custom(format_args!(
                                "expected a number, 0 or more, as a key, found `{shown}`"
                            )));
                        }
                    };
                    let added = pile.add(number, count);
                    added.ok_or_else(|| de::Error::custom(TOO_MUCH))?;
                }
                let (buckets, twice) = pile.settle();
                Ok(Counts { buckets, twice })
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

/// The problem of counts whose sum does not fit.
pub(super) const TOO_MUCH: &str = "the counts add up to more than fits";

/// What one second saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OfSecond {
    pub(super) second: u64,
    pub(super) requests: u64,
    pub(super) failures: u64,
}

/// Requests and failures of an endpoint by second, in rising order, each second once.
pub(super) type PerSecond = Vec<OfSecond>;

/// The two maps of seconds side by side.
pub(super) fn per_second(requests: &Counts, failures: &Counts) -> PerSecond {
    let most = requests.buckets.len() + failures.buckets.len();
    let (requests, failures) = (requests.buckets.iter(), failures.buckets.iter());
    let requests = requests.map(|(second, count)| OfSecond {
        second: floor(second),
        requests: count,
        failures: 0,
    });
    let failures = failures.map(|(second, count)| OfSecond {
        second: floor(second),
        requests: 0,
        failures: count,
    });
    let mut seconds = PerSecond::with_capacity(most);
    seconds.extend(requests.chain(failures));
    joined(seconds)
}

/// In rising order, each second once. The sums fit, as all counts together do.
pub(super) fn joined(mut seconds: PerSecond) -> PerSecond {
    if !seconds.is_sorted_by(|a, b| a.second < b.second) {
        seconds.sort_by_key(|of| of.second);
        seconds.dedup_by(|next, kept| {
            let same = next.second == kept.second;
            if same {
                kept.requests = kept.requests.saturating_add(next.requests);
                kept.failures = kept.failures.saturating_add(next.failures);
            }
            same
        });
    }
    seconds
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "keys are finite and not negative; a cast of a large one saturates"
)]
pub(super) fn floor(second: f64) -> u64 {
    second.floor() as u64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "keys are equal to the digit")]
mod tests {
    use super::*;

    fn counts(text: &str) -> Result<Counts, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_the_number_that_std_reads() {
        for text in [
            "0",
            "-0",
            "7",
            "007",
            "55.0",
            "1e2",
            "0.1",
            "+3",
            "999999999999999",
            "1000000000000000",
            "9007199254740993",
            "18446744073709551616",
            "1e308",
        ] {
            let Key::Number(number) = Key::of(text) else {
                panic!("{text}");
            };
            assert_eq!(number, text.parse::<f64>().unwrap(), "{text}");
        }
        let long = "x".repeat(50);
        for text in [
            "", " 1", "1 ", "-1", "NaN", "inf", "1e309", "ten", "\u{663}", &long,
        ] {
            let Key::Other(shown) = Key::of(text) else {
                panic!("{text}");
            };
            assert!(text.starts_with(&shown) && shown.len() <= 40, "{text}");
        }
    }

    #[test]
    fn a_map_is_sorted_and_its_doubles_are_added_and_counted() {
        let found = counts(r#"{"1e2":1,"55.0":2,"\u0035":0,"55":4,"-0":1,"0":8}"#).unwrap();
        let pairs: Vec<_> = found.buckets.iter().collect();
        assert_eq!(pairs, [(0.0, 9), (55.0, 6), (100.0, 1)]);
        assert_eq!((found.twice, found.buckets.total()), (2, 16));
        let empty = counts("{}").unwrap();
        assert_eq!((empty.twice, empty.buckets.total()), (0, 0));
    }

    #[test]
    fn counts_that_do_not_fit_are_no_bad_key() {
        let most = u64::MAX;
        let one = counts(&format!(r#"{{"5":{most}}}"#)).unwrap();
        assert_eq!(one.buckets.total(), most);
        for text in [
            format!(r#"{{"5":{most},"6":1}}"#),
            format!(r#"{{"5":{most},"5":1}}"#),
        ] {
            let error = counts(&text).err().unwrap();
            assert!(error.contains(TOO_MUCH), "{error}");
        }
    }

    #[test]
    fn seconds_of_both_maps_stand_side_by_side_whole_and_once() {
        let requests = counts(r#"{"1003.9":1,"1000":5,"1003":2,"1001":0}"#).unwrap();
        let failures = counts(r#"{"1003":1,"999.5":1}"#).unwrap();
        let found: Vec<_> = per_second(&requests, &failures)
            .into_iter()
            .map(|of| (of.second, of.requests, of.failures))
            .collect();
        assert_eq!(found, [(999, 0, 1), (1000, 5, 0), (1003, 3, 1)]);
    }
}
