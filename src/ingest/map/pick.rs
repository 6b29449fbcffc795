//! Picks the mapped members out of one JSON value; everything else is skipped without being held.

use serde::de::{IgnoredAny, MapAccess, SeqAccess};

use crate::ingest::json::{Fill, Filling, Key, Refused, Token};
use crate::ingest::map::path::Step;
use crate::ingest::map::value::Raw;

/// The paths of several fields as a tree: which of them end here, and which go on by which step.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) ends: Vec<usize>,
    keys: Vec<(String, Tree)>,
    pub(super) places: Vec<(usize, Tree)>,
}

impl Tree {
    pub(super) fn add(&mut self, field: usize, steps: &[Step]) {
        match steps.split_first() {
            None => self.ends.push(field),
            Some((Step::Key(key), rest)) => {
                let at = self.keys.iter().position(|(known, _)| known == key);
                let at = at.unwrap_or_else(|| {
                    self.keys.push((key.clone(), Tree::default()));
                    self.keys.len() - 1
                });
                if let Some((_, tree)) = self.keys.get_mut(at) {
                    tree.add(field, rest);
                }
            }
            Some((Step::Place(place), rest)) => {
                let at = self.places.iter().position(|(known, _)| known == place);
                let at = at.unwrap_or_else(|| {
                    self.places.push((*place, Tree::default()));
                    self.places.len() - 1
                });
                if let Some((_, tree)) = self.places.get_mut(at) {
                    tree.add(field, rest);
                }
            }
            // A field is one value: the configuration refuses such a path.
            Some((Step::Each, _)) => {}
        }
    }

    pub(super) fn key(&self, key: &str) -> Option<&Tree> {
        let found = self.keys.iter().find(|(known, _)| known == key);
        found.map(|(_, tree)| tree)
    }

    pub(super) fn place(&self, place: usize) -> Option<&Tree> {
        let found = self.places.iter().find(|(known, _)| *known == place);
        found.map(|(_, tree)| tree)
    }
}

pub(super) fn set(values: &mut [Option<Raw>], field: usize, raw: Raw) {
    if let Some(place) = values.get_mut(field) {
        *place = Some(raw);
    }
}

pub(super) fn set_hit(hits: &mut [bool], field: usize) {
    if let Some(hit) = hits.get_mut(field) {
        *hit = true;
    }
}

/// Picks the members of a tree out of a value.
pub(super) struct Pick<'v, 't> {
    pub(super) values: &'v mut Vec<Option<Raw>>,
    pub(super) hits: Option<&'v mut Vec<bool>>,
    pub(super) tree: &'t Tree,
}

impl Pick<'_, '_> {
    pub(super) fn keep(&mut self, raw: &Raw) {
        for field in &self.tree.ends {
            set(self.values, *field, raw.clone());
            if let Some(hits) = &mut self.hits {
                set_hit(hits, *field);
            }
        }
    }

    fn inner<'a, 't>(&'a mut self, tree: &'t Tree) -> Pick<'a, 't> {
        Pick {
            values: self.values,
            hits: self.hits.as_deref_mut(),
            tree,
        }
    }
}

impl<'de> Fill<'de> for Pick<'_, '_> {
    const EXPECTED: &'static str = "JSON";

    fn token(mut self, token: Token) -> Result<(), Refused> {
        self.keep(&Raw::of(token));
        Ok(())
    }

    fn members<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.keep(&Raw::Object);
        let tree = self.tree;
        while let Some(key) = map.next_key_seed(Key)? {
            match tree.key(&key) {
                Some(tree) => map.next_value_seed(Filling(self.inner(tree)))?,
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn elements<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.keep(&Raw::Array);
        let tree = self.tree;
        let mut place = 0;
        loop {
            let more = match tree.place(place) {
                Some(tree) => list.next_element_seed(Filling(self.inner(tree)))?,
                None => list.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if more.is_none() {
                return Ok(());
            }
            place += 1;
        }
    }
}
