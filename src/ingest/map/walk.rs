//! Walks a JSON text to its records and picks the mapped members, one record at a time.
//!
//! A visitor on a stream: what no path asks for is skipped without being held, and memory is one record's members whatever
//! the size of the file. It knows no meaning of a member.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::error::IngestError;
use crate::ingest::json::{Fill, Filling, Key, Refused, Token};
use crate::ingest::map::path::{Place, Step, made_of};
use crate::ingest::map::pick::{Pick, Tree, set, set_hit};
use crate::ingest::map::value::Raw;
use crate::ingest::map::{ELSEWHERE, Mapping, Record, Sink};

/// Bytes between two members that are looked at: more is no record.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// Records that were seen.
    pub(super) records: u64,
    /// By field: whether its path led to anything.
    pub(super) hits: Vec<bool>,
    /// By field: what stands outside the records.
    pub(super) document: Vec<Option<Raw>>,
}

impl Walked {
    /// What is asked for in a part of the document that holds no records.
    fn outside<'w, 't>(&'w mut self, tree: &'t Tree) -> Pick<'w, 't> {
        Pick {
            values: &mut self.document,
            hits: Some(&mut self.hits),
            tree,
        }
    }
}

/// The sink takes no more; what it said stands in the state.
#[derive(Debug, thiserror::Error)]
#[error("stopped")]
struct Stopped;

struct State<'m> {
    mapping: &'m Mapping,
    record: Tree,
    /// Elements of a list are records, unless a record is itself a list.
    lists_hold_records: bool,
    keys: Vec<String>,
    values: Vec<Option<Raw>>,
    walked: Walked,
    sink: &'m mut dyn Sink,
    /// What the sink said, while the parser is on its way out.
    stop: Option<IngestError>,
    left: Rc<Cell<u64>>,
}

/// How a walk ended that did not come to the end of the text.
pub(super) enum Broken {
    /// The text is no JSON, or cannot be read.
    Text(serde_json::Error),
    /// A record cannot be used.
    Record(IngestError),
}

/// Walks the text. `walked` is what was found even when the text breaks off.
pub(super) fn walk(
    stream: impl Read,
    mapping: &Mapping,
    sink: &mut dyn Sink,
) -> (Walked, Result<(), Broken>) {
    let fields = mapping.fields.len();
    let (mut record, mut document) = (Tree::default(), Tree::default());
    for (number, field) in mapping.fields.iter().enumerate() {
        match &field.place {
            Place::Record(path) => record.add(number, &path.steps),
            Place::Document(path) => document.add(number, &path.steps),
            Place::Keys(_) => {}
        }
    }
    let left = Rc::new(Cell::new(MOST_BYTES));
    let lists_hold_records = record.places.is_empty();
    let mut state = State {
        mapping,
        record,
        lists_hold_records,
        keys: Vec::new(),
        values: vec![None; fields],
        walked: Walked {
            records: 0,
            hits: vec![false; fields],
            document: vec![None; fields],
        },
        sink,
        stop: None,
        left: Rc::clone(&left),
    };
    let stream = io::BufReader::with_capacity(64 * 1024, Guard { stream, left });
    let mut text = serde_json::Deserializer::from_reader(stream);
    let outcome = loop {
        match text.end() {
            Ok(()) => break Ok(()),
            Err(error) if error.is_io() => break Err(error),
            Err(_) => {}
        }
        let whole = Walk {
            state: &mut state,
            steps: &mapping.records.steps,
            document: Some(&document),
            in_list: false,
        };
        if let Err(error) = Filling(whole).deserialize(&mut text) {
            break Err(error);
        }
    };
    // Of a record that breaks off it is known what it has so far.
    state.hit();
    let stopped = state.stop.take();
    let outcome = outcome.map_err(|error| match stopped {
        Some(stop) => Broken::Record(stop),
        None => Broken::Text(error),
    });
    (state.walked, outcome)
}

/// Gives up where nothing that is looked at comes for too long: a text of gigabytes would be held.
struct Guard<R> {
    stream: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        match self.left.get().checked_sub(read as u64) {
            Some(left) => self.left.set(left),
            None => return Err(io::Error::other("a member is longer than 256 MiB")),
        }
        Ok(read)
    }
}

/// On the way to the records.
struct Walk<'s, 'm, 't> {
    state: &'s mut State<'m>,
    steps: &'t [Step],
    /// What is asked for outside the records from here on.
    document: Option<&'t Tree>,
    in_list: bool,
}

impl Walk<'_, '_, '_> {
    fn is_at_record(&self) -> bool {
        self.steps.is_empty()
    }

    /// A value on the way: something to keep, or nothing.
    fn keep(&mut self, raw: &Raw) {
        for field in self.document.map_or(&[][..], |tree| &tree.ends) {
            set(&mut self.state.walked.document, *field, raw.clone());
            set_hit(&mut self.state.walked.hits, *field);
        }
    }
}

impl State<'_> {
    fn begin(&mut self) {
        self.left.set(MOST_BYTES);
        self.values.fill(None);
        self.walked.records += 1;
    }

    /// Takes a record's members.
    fn pick(&mut self) -> Pick<'_, '_> {
        Pick {
            values: &mut self.values,
            hits: None,
            tree: &self.record,
        }
    }

    fn hit(&mut self) {
        for (hit, value) in self.walked.hits.iter_mut().zip(&self.values) {
            *hit |= value.is_some();
        }
    }

    /// Hands the record on.
    fn finish(&mut self) -> Result<(), Stopped> {
        for (field, value) in self.mapping.fields.iter().zip(&mut self.values) {
            if let Place::Keys(parts) = &field.place {
                *value = Some(Raw::Text(made_of(parts, &self.keys)));
            }
        }
        self.hit();
        if !self.mapping.keeps(&self.values) {
            self.sink.left_out(ELSEWHERE, self.walked.records, 0);
            return Ok(());
        }
        let record = Record {
            number: self.walked.records,
            line: None,
            values: &self.values,
        };
        self.sink.record(&record).map_err(|stop| {
            self.stop = Some(stop);
            Stopped
        })
    }
}

impl<'de> Fill<'de> for Walk<'_, '_, '_> {
    const EXPECTED: &'static str = "JSON";

    fn token(mut self, token: Token) -> Result<(), Refused> {
        let raw = Raw::of(token);
        self.keep(&raw);
        if self.is_at_record() {
            self.state.begin();
            self.state.pick().keep(&raw);
            return self.state.finish().map_err(|Stopped| Refused::Value);
        }
        Ok(())
    }

    fn members<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.keep(&Raw::Object);
        if self.is_at_record() {
            self.state.begin();
            self.state.pick().members(map)?;
            return self.state.finish().map_err(de::Error::custom);
        }
        while let Some(key) = map.next_key_seed(Key)? {
            self.state.left.set(MOST_BYTES);
            let document = self.document.and_then(|tree| tree.key(&key));
            let (goes_on, each) = match self.steps.first() {
                Some(Step::Key(wanted)) => (*wanted == *key, false),
                Some(Step::Each) => (true, true),
                _ => (false, false),
            };
            if !goes_on {
                match document {
                    Some(document) => {
                        map.next_value_seed(Filling(self.state.walked.outside(document)))?;
                    }
                    None => drop(map.next_value::<IgnoredAny>()?),
                }
                continue;
            }
            if each {
                self.state.keys.push(key.into_owned());
            }
            map.next_value_seed(Filling(Walk {
                state: self.state,
                steps: self.steps.get(1..).unwrap_or_default(),
                document,
                in_list: false,
            }))?;
            if each {
                self.state.keys.pop();
            }
        }
        Ok(())
    }

    fn elements<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.keep(&Raw::Array);
        let holds_records = self.state.lists_hold_records && !self.in_list;
        if self.is_at_record() && !holds_records {
            self.state.begin();
            self.state.pick().elements(list)?;
            return self.state.finish().map_err(de::Error::custom);
        }
        let mut place = 0;
        loop {
            let document = self.document.and_then(|tree| tree.place(place));
            let step = self.steps.first();
            let (goes_on, each) = match step {
                None => (true, false),
                Some(Step::Place(wanted)) => (*wanted == place, false),
                Some(Step::Each) => (true, true),
                Some(Step::Key(_)) => (false, false),
            };
            let more = if goes_on {
                if each {
                    self.state.keys.push(place.to_string());
                }
                let more = list.next_element_seed(Filling(Walk {
                    state: self.state,
                    steps: self.steps.get(1..).unwrap_or_default(),
                    document,
                    in_list: step.is_none(),
                }))?;
                if each {
                    self.state.keys.pop();
                }
                more
            } else if let Some(tree) = document {
                list.next_element_seed(Filling(self.state.walked.outside(tree)))?
            } else {
                list.next_element::<IgnoredAny>()?.map(|_| ())
            };
            if more.is_none() {
                return Ok(());
            }
            self.state.left.set(MOST_BYTES);
            place += 1;
        }
    }
}
