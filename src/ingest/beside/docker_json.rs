//! `docker stats --format json`: one object per container and line, with a member for the time or a time before it.
//!
//! Members are those of the CLI (`Name`, `CPUPerc`, `MemUsage`, ...), in any case. An array on one line is read, too.

use std::io::BufRead;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess};

use crate::ingest::beside::clock;
use crate::ingest::beside::docker::Row;
use crate::ingest::beside::lines::{self, Line};
use crate::ingest::beside::place::{Samples, When};
use crate::ingest::beside::{Beside, Read};
use crate::ingest::json::{self, Fill, Filling, Refused, Token};
use crate::ingest::sniff::{Claim, Grade, Head};
use crate::ingest::{IngestError, Input, Place};

/// The row of BESIDE.
pub(super) const BESIDE: Beside = Beside {
    id: "docker-stats-json",
    what: "a log of `docker stats --format json`",
    files: "docker stats --format json, one object a line; a member `time` or `timestamp`, or a time before each line",
    limits: "memory to four digits, network and disk to three; without times no phases and no slope",
    sniff,
    read: Read::Resources(read),
};

/// One object.
#[derive(Default)]
struct Object {
    name: Option<String>,
    container: Option<String>,
    id: Option<String>,
    cpu: Option<String>,
    memory: Option<String>,
    memory_share: Option<String>,
    net: Option<String>,
    block: Option<String>,
    pids: Option<String>,
    time: Option<String>,
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        json::filled(deserializer)
    }
}

/// Names in any case, and a dozen of the time.
impl<'de> Fill<'de> for &mut Object {
    const EXPECTED: &'static str = "an object of docker stats";

    fn members<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let place = match key.to_ascii_lowercase().as_str() {
                "name" => &mut self.name,
                "container" => &mut self.container,
                "id" => &mut self.id,
                "cpuperc" => &mut self.cpu,
                "memusage" => &mut self.memory,
                "memperc" => &mut self.memory_share,
                "netio" => &mut self.net,
                "blockio" => &mut self.block,
                "pids" => &mut self.pids,
                "time" | "timestamp" | "ts" | "tsutc" | "@timestamp" | "date" => &mut self.time,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let mut words = Words(None);
            map.next_value_seed(Filling(&mut words))?;
            *place = words.0;
        }
        Ok(())
    }
}

/// A text or a number, as text.
struct Words(Option<String>);

impl Fill<'_> for &mut Words {
    const EXPECTED: &'static str = "a text or a number";

    fn token(self, token: Token) -> Result<(), Refused> {
        self.0 = token.words();
        let is_taken = self.0.is_some() || matches!(token, Token::Null);
        is_taken.then_some(()).ok_or(Refused::Type)
    }
}

/// The JSON of a line, and the time before it.
fn parts(line: &str) -> Option<(Option<clock::Moment>, &str)> {
    let line = line.trim();
    if line.starts_with(['{', '[']) && clock::leading(line).is_none() {
        return Some((None, line));
    }
    let (moment, rest) = clock::leading(line)?;
    let rest = rest.trim_start();
    rest.starts_with(['{', '[']).then_some((Some(moment), rest))
}

fn objects(text: &str) -> Result<Vec<Object>, serde_json::Error> {
    // Elements of an array that were written one a line.
    let text = text.trim_end_matches([',', ' ']);
    let inner = text.trim_start_matches('[').trim_end_matches(']');
    if text.starts_with('[') && text.ends_with(']') {
        serde_json::from_str(text)
    } else {
        serde_json::from_str(inner).map(|object| vec![object])
    }
}

fn sniff(head: &Head) -> Option<Claim> {
    let text = String::from_utf8_lossy(head.bytes);
    let is_row = |line: &str| {
        line.contains("\"CPUPerc\"")
            && (line.contains("\"MemUsage\"") || line.contains("\"Name\""))
            && parts(&lines::plain(line)).is_some()
    };
    if text.lines().take(200).any(is_row) {
        return Claim::new(Grade::Certain, "members `CPUPerc` and `MemUsage`");
    }
    None
}

fn read(input: &Input, reader: &mut dyn BufRead, samples: &mut Samples) -> Result<(), IngestError> {
    let (mut number, mut found) = (0_u64, 0_u64);
    let mut first: Option<(u64, serde_json::Error)> = None;
    loop {
        let line = lines::next(reader).map_err(|source| IngestError::Read {
            file: input.name.clone(),
            source,
        })?;
        number += 1;
        let line = match line {
            None => break,
            Some(Line::TooLong) => {
                samples.left_out("lines of more than a megabyte");
                continue;
            }
            Some(Line::Text(line)) => line,
        };
        if matches!(line.trim(), "" | "[" | "]" | ",") {
            continue;
        }
        let Some((moment, text)) = parts(&line) else {
            samples.left_out("lines that are no objects");
            continue;
        };
        match objects(text) {
            Ok(objects) => {
                for object in objects {
                    found += 1;
                    give(&object, moment, samples);
                }
            }
            Err(error) => {
                samples.left_out("lines that are no objects");
                first.get_or_insert((number, error));
            }
        }
    }
    match first {
        Some((line, error)) if found == 0 => Err(IngestError::content(
            &input.name,
            Place::Line(line),
            format!("expected an object of docker stats: {error}"),
        )),
        _ => Ok(()),
    }
}

fn give(object: &Object, before: Option<clock::Moment>, samples: &mut Samples) {
    let named = object.name.as_deref().filter(|name| *name != "--");
    let own = object.time.as_deref().and_then(clock::moment);
    if object.time.is_some() && own.is_none() {
        samples.left_out("times that are not understood");
    }
    let moment = own.or(before);
    if moment.is_some_and(|moment| !moment.zoned) {
        samples.without_zone();
    }
    let row = Row {
        name: named
            .or(object.container.as_deref())
            .or(object.id.as_deref())
            .unwrap_or_default(),
        cpu: object.cpu.as_deref(),
        memory: object.memory.as_deref(),
        memory_share: object.memory_share.as_deref(),
        net: object.net.as_deref(),
        block: object.block.as_deref(),
        pids: object.pids.as_deref(),
    };
    row.give(
        moment.map_or(When::Unknown, |moment| When::At(moment.nanos)),
        samples,
    );
}

#[cfg(test)]
mod tests;
