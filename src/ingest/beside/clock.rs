//! When a sample was taken: epochs, RFC 3339 and what `date` prints in an English or C locale.
//!
//! It guesses no year and no zone: a month without a year is no time, and an abbreviation that several zones share is
//! none either. A time without any zone is read as UTC, and says so.

use crate::ingest::log::scalar::{self, Scale};

/// A time that stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// Since the epoch.
    pub(super) nanos: i64,
    /// Whether the text says its zone.
    pub(super) zoned: bool,
}

/// Most words that a time is written in: `Sat Nov 21 09:54:21 AM UTC 2026`.
const WORDS: usize = 7;

/// The time that a whole text is.
pub(super) fn moment(text: &str) -> Option<Moment> {
    let text = text.trim().trim_matches(['[', ']', '"', '#']).trim();
    let text = text.strip_suffix([':', ',']).unwrap_or(text);
    if text.len() > 64 {
        return None;
    }
    if let Some(nanos) = Scale::of_epoch(text).and_then(|scale| scalar::epoch(text, scale)) {
        return Some(Moment { nanos, zoned: true });
    }
    if let Some((nanos, zoned)) = scalar::rfc3339(text) {
        return Some(Moment { nanos, zoned });
    }
    in_words(text)
}

/// The time that a line begins with, and the rest of the line as it stands.
pub(super) fn leading(line: &str) -> Option<(Moment, &str)> {
    let line = line.trim_start();
    let mut at = 0;
    for _ in 0..WORDS {
        let rest = line.get(at..)?;
        let blanks = rest.len() - rest.trim_start().len();
        let word = rest.trim_start().split(char::is_whitespace).next()?;
        if word.is_empty() {
            return None;
        }
        at += blanks + word.len();
        if let Some(moment) = line.get(..at).and_then(moment) {
            // One blank belongs to the time; more may be the margin of a table.
            let rest = line.get(at..)?;
            return Some((moment, rest.strip_prefix([' ', '\t']).unwrap_or(rest)));
        }
    }
    None
}

/// What `date`, `date -R` and their kin print; the words may come in any order.
fn in_words(text: &str) -> Option<Moment> {
    let (mut year, mut month, mut day, mut clock) = (None, None, None, None);
    let (mut zone, mut half) = (None, None);
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        let taken = if word.contains(':') {
            clock.replace(word).is_some()
        } else if let Some(offset) = offset(word) {
            zone.replace(offset).is_some()
        } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
            let number: u16 = word.parse().ok()?;
            match word.len() {
                4 => year.replace(number).is_some(),
                1 | 2 => day.replace(number).is_some(),
                _ => return None,
            }
        } else if let Some(place) = place_of(&MONTHS, &lower) {
            month.replace(place + 1).is_some()
        } else if lower == "am" || lower == "pm" {
            half.replace(lower == "pm").is_some()
        } else if place_of(&DAYS, &lower).is_some() {
            false
        } else {
            return None;
        };
        if taken {
            return None;
        }
    }
    let (hours, rest) = clock?.split_once(':')?;
    let mut hours: u16 = hours.parse().ok()?;
    if let Some(is_late) = half {
        if !(1..=12).contains(&hours) {
            return None;
        }
        hours = hours % 12 + if is_late { 12 } else { 0 };
    }
    let (year, month, day) = (year?, month?, day?);
    let zone_text = zone.as_deref().unwrap_or("Z");
    let written = format!("{year:04}-{month:02}-{day:02}T{hours:02}:{rest}{zone_text}");
    let (nanos, _) = scalar::rfc3339(&written)?;
    Some(Moment {
        nanos,
        zoned: zone.is_some(),
    })
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// The place of a name that is written whole or by its first three letters.
fn place_of(names: &[&str], word: &str) -> Option<usize> {
    let short = word.len() == 3;
    names
        .iter()
        .position(|name| *name == word || (short && name.starts_with(word)))
}

/// A zone as RFC 3339 writes it. Abbreviations are those of RFC 5322 and of central Europe; others mean several zones.
fn offset(word: &str) -> Option<String> {
    let known = [
        ("UTC", "Z"),
        ("GMT", "Z"),
        ("UT", "Z"),
        ("Z", "Z"),
        ("CET", "+01:00"),
        ("CEST", "+02:00"),
        ("EST", "-05:00"),
        ("EDT", "-04:00"),
        ("CDT", "-05:00"),
        ("MST", "-07:00"),
        ("MDT", "-06:00"),
        ("PST", "-08:00"),
        ("PDT", "-07:00"),
    ];
    if let Some((_, zone)) = known.iter().find(|(name, _)| *name == word) {
        return Some((*zone).to_owned());
    }
    let digits = word.strip_prefix(['+', '-'])?;
    let is_offset = matches!(digits.len(), 4 | 5)
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b':');
    is_offset.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `date -u -d @1795227300` and its kin of GNU coreutils.
    #[test]
    fn what_date_prints_is_one_moment() {
        for text in [
            "1795227300",
            "1795227300.0",
            "1795227300000",
            "2026-11-21T02:15:00Z",
            "2026-11-21T03:15:00+01:00",
            "2026-11-21 02:15:00+00:00",
            "[2026-11-21T02:15:00Z]",
            "Sat Nov 21 02:15:00 UTC 2026",
            "Sat Nov 21 03:15:00 CET 2026",
            "Sat Nov 21 02:15:00 AM UTC 2026",
            "Sat 21 Nov 2026 02:15:00 AM UTC",
            "Fri Nov 20 18:15:00 PST 2026",
            "Sat, 21 Nov 2026 02:15:00 +0000",
            "Saturday, November 21, 2026 02:15:00 UTC",
        ] {
            let found = moment(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.nanos, 1_795_227_300_000_000_000, "{text}");
            assert!(found.zoned, "{text}");
        }
        let bare = moment("2026-11-21 02:15:00").unwrap();
        assert_eq!((bare.nanos, bare.zoned), (1_795_227_300_000_000_000, false));
        assert!(!moment("Sat Nov 21 02:15:00 2026").unwrap().zoned);
    }

    #[test]
    fn midnight_and_noon_of_the_short_clock_are_told_apart() {
        let of = |text: &str| moment(text).map(|moment| moment.nanos);
        assert_eq!(
            of("Sat Nov 21 12:15:00 AM UTC 2026"),
            of("2026-11-21T00:15:00Z")
        );
        assert_eq!(
            of("Sat Nov 21 12:15:00 PM UTC 2026"),
            of("2026-11-21T12:15:00Z")
        );
        assert_eq!(of("Sat Nov 21 13:15:00 PM UTC 2026"), None);
    }

    #[test]
    fn what_is_no_time_or_not_all_of_one_is_none() {
        for text in [
            "",
            "12",
            "api",
            "Nov 21 02:15:00",
            "Sat Nov 21 02:15:00 IST 2026",
            "2026-13-21T02:15:00Z",
            "Sat Nov Nov 21 02:15:00 UTC 2026",
            "95a83497c91b",
            "02:15:00",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_may_begin_with_its_time() {
        let (found, rest) = leading("2026-11-21 02:15:00+00:00 {\"a\": 1}").unwrap();
        assert_eq!(found.nanos, 1_795_227_300_000_000_000);
        assert_eq!(rest, "{\"a\": 1}");
        let (_, rest) = leading("Sat Nov 21 02:15:00 UTC 2026  x y").unwrap();
        assert_eq!(rest, " x y");
        assert!(leading("CONTAINER ID   NAME").is_none());
    }
}
