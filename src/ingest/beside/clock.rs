//! When a sample was taken: epochs, RFC 3339 and what `date` prints in an English or C locale.
//!
//! It guesses no year and no zone: a month without a year is no time, and an abbreviation that several zones share is
//! none either, nor is a date in an order that no English locale writes. A time without any zone is read as UTC, and says so.

use jiff::fmt::strtime;
use jiff::tz::Offset;

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

/// What `date` prints in the C locale and in English ones, and `date -R`; the zone is taken out before.
const FORMATS: [&str; 6] = [
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %I:%M:%S %p %Y",
    "%a %d %b %Y %I:%M:%S %p",
    "%a %d %b %Y %H:%M:%S",
    "%a %d %b %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S",
];

fn in_words(text: &str) -> Option<Moment> {
    // Most lines of a log are no time, and this is asked of each.
    if !text.contains(':') {
        return None;
    }
    let mut zone = None;
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.retain(|word| {
        let found = offset(word);
        zone = found.or(zone);
        found.is_none()
    });
    let words = words.join(" ");
    let mut read = FORMATS.iter().map(|format| strtime::parse(format, &words));
    let time = read.find_map(|time| time.ok()?.to_datetime().ok())?;
    let at = zone.unwrap_or(Offset::UTC).to_timestamp(time).ok()?;
    Some(Moment {
        nanos: at.as_nanosecond().try_into().ok()?,
        zoned: zone.is_some(),
    })
}

/// A zone. Abbreviations are those of RFC 5322 and of central Europe; others mean several zones.
fn offset(word: &str) -> Option<Offset> {
    let hours = match word {
        "UTC" | "GMT" | "UT" | "Z" => 0,
        "CET" => 1,
        "CEST" => 2,
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return strtime::parse("%z", word).ok()?.offset(),
    };
    Offset::from_hours(hours).ok()
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
            "Sat 21 Nov 02:15:00 GMT 2026",
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
