//! A table of at most so many names: those with the lowest rank stay, whatever the order in which they come.
//!
//! Which names stay is a function of the set of all names, so tables can be filled apart and joined: a name that is
//! among the lowest of all is among the lowest of every part. References: E. Cohen and H. Kaplan, "Summarizing Data using
//! Bottom-k Sketches", PODC 2007.

/// One name, its rank and what is kept for it.
#[derive(Clone, Debug)]
pub(super) struct Entry<K, V> {
    pub(super) rank: u64,
    pub(super) key: K,
    pub(super) value: V,
}

/// What became of a new name.
pub(super) enum Admitted<K, V> {
    /// It is in the table, at this place; another may have had to leave it.
    In(usize, Option<Entry<K, V>>),
    /// It is not.
    Refused(Entry<K, V>),
}

/// The table. The place of a name changes only when it has to leave.
#[derive(Clone, Debug)]
pub(super) struct Capped<K, V> {
    most: usize,
    entries: Vec<Entry<K, V>>,
    /// 1 + place, by rank, linear probing; 0 = free. At most half full.
    index: Vec<u32>,
    /// The place of the highest rank, once the table is full.
    last: Option<usize>,
}

impl<K: Ord, V> Capped<K, V> {
    pub(super) fn new(most: usize) -> Capped<K, V> {
        Capped {
            most,
            entries: Vec::new(),
            index: Vec::new(),
            last: None,
        }
    }

    pub(super) fn entries(&self) -> &[Entry<K, V>] {
        &self.entries
    }

    pub(super) fn into_entries(self) -> Vec<Entry<K, V>> {
        self.entries
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut V> {
        self.entries.get_mut(place).map(|entry| &mut entry.value)
    }

    /// The place of a name.
    #[inline]
    pub(super) fn find(&self, rank: u64, same: impl Fn(&K) -> bool) -> Option<usize> {
        let mask = self.index.len().checked_sub(1)?;
        let mut slot = slot_of(rank, mask);
        loop {
            let place = match self.index.get(slot) {
                Some(number) if *number > 0 => *number as usize - 1,
                _ => return None,
            };
            let entry = self.entries.get(place)?;
            if entry.rank == rank && same(&entry.key) {
                return Some(place);
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Whether a name of this rank has no chance, so that its text need not be copied.
    pub(super) fn refuses(&self, rank: u64) -> bool {
        let last = self.last.and_then(|place| self.entries.get(place));
        last.is_some_and(|last| rank > last.rank)
    }

    /// Takes in a name that is not in the table.
    pub(super) fn admit(&mut self, new: Entry<K, V>) -> Admitted<K, V> {
        if self.entries.len() < self.most {
            self.entries.push(new);
            if self.entries.len() * 2 > self.index.len() {
                self.rebuild();
            } else {
                self.enter(self.entries.len() - 1);
            }
            if self.entries.len() == self.most {
                self.last = self.find_last();
            }
            return Admitted::In(self.entries.len() - 1, None);
        }
        let Some((place, last)) = self
            .last
            .and_then(|place| self.entries.get_mut(place).map(|entry| (place, entry)))
        else {
            return Admitted::Refused(new);
        };
        if (new.rank, &new.key) > (last.rank, &last.key) {
            return Admitted::Refused(new);
        }
        let gone = std::mem::replace(last, new);
        self.rebuild();
        self.last = self.find_last();
        Admitted::In(place, Some(gone))
    }

    fn find_last(&self) -> Option<usize> {
        let entries = self.entries.iter().enumerate();
        entries
            .max_by(|(_, a), (_, b)| (a.rank, &a.key).cmp(&(b.rank, &b.key)))
            .map(|(place, _)| place)
    }

    fn rebuild(&mut self) {
        let size = (self.entries.len() * 4).next_power_of_two().max(8);
        self.index.clear();
        self.index.resize(size, 0);
        for place in 0..self.entries.len() {
            self.enter(place);
        }
    }

    fn enter(&mut self, place: usize) {
        let mask = self.index.len() - 1;
        let Some(rank) = self.entries.get(place).map(|entry| entry.rank) else {
            return;
        };
        let mut slot = slot_of(rank, mask);
        while self.index.get(slot).is_some_and(|number| *number > 0) {
            slot = (slot + 1) & mask;
        }
        if let Some(free) = self.index.get_mut(slot) {
            *free = u32::try_from(place + 1).unwrap_or(0);
        }
    }
}

fn slot_of(rank: u64, mask: usize) -> usize {
    usize::try_from(rank & mask as u64).unwrap_or(0)
}

/// The rank of a name: 64 well-mixed bits of its parts, the same on every machine and in every run.
///
/// Eight bytes at a time, each folded by a multiplication to 128 bits, as in W. Yi's wyhash.
#[inline]
pub(super) fn rank_of(parts: &[&str]) -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for part in parts {
        let bytes = part.as_bytes();
        let mut words = bytes.chunks_exact(8);
        for word in words.by_ref() {
            let word = word.try_into().map_or(0, u64::from_le_bytes);
            state = fold(state ^ word, 0xa076_1d64_78bd_642f);
        }
        let rest = words.remainder();
        let tail = rest
            .iter()
            .rev()
            .fold(0, |tail, byte| (tail << 8) | u64::from(*byte));
        state = fold(state ^ tail, 0xe703_7ed1_a0b4_28db ^ bytes.len() as u64);
    }
    fold(state, 0x8ebc_6af0_9c88_c6e3)
}

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
    let mixed = (wide as u64) ^ ((wide >> 64) as u64);
    mixed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Counts names, those that do not stay in `rest`.
    fn filled(names: &[u16], most: usize) -> (Capped<u16, u64>, u64) {
        let (mut table, mut rest) = (Capped::new(most), 0);
        for name in names {
            add(&mut table, &mut rest, *name, 1);
        }
        (table, rest)
    }

    fn add(table: &mut Capped<u16, u64>, rest: &mut u64, key: u16, value: u64) {
        // Few different ranks, so that ties happen.
        let rank = rank_of(&[&key.to_string()]) % 40;
        if let Some(place) = table.find(rank, |known| *known == key) {
            *table.get_mut(place).unwrap() += value;
            return;
        }
        match table.admit(Entry { rank, key, value }) {
            Admitted::In(_, None) => {}
            Admitted::In(_, Some(gone)) | Admitted::Refused(gone) => *rest += gone.value,
        }
    }

    fn sorted(table: &Capped<u16, u64>) -> Vec<(u16, u64)> {
        let mut all: Vec<_> = table.entries().iter().map(|e| (e.key, e.value)).collect();
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn what_stays_depends_on_the_names_and_not_on_their_order(
            a in prop::collection::vec(0..60_u16, 0..200),
            b in prop::collection::vec(0..60_u16, 0..200),
        ) {
            let (whole, whole_rest) = filled(&[a.clone(), b.clone()].concat(), 20);
            let (mut joined, mut rest) = filled(&b, 20);
            let (other, other_rest) = filled(&a, 20);
            rest += other_rest;
            for entry in other.into_entries() {
                add(&mut joined, &mut rest, entry.key, entry.value);
            }
            prop_assert_eq!(sorted(&joined), sorted(&whole));
            prop_assert_eq!(rest, whole_rest);
        }
    }

    #[test]
    fn ranks_are_the_same_everywhere_and_parts_are_told_apart() {
        assert_eq!(rank_of(&["GET", "/items"]), rank_of(&["GET", "/items"]));
        assert_ne!(rank_of(&["GE", "T/items"]), rank_of(&["GET", "/items"]));
        assert_ne!(rank_of(&["", "a"]), rank_of(&["a", ""]));
        assert_ne!(rank_of(&["a"]), rank_of(&["a\0"]));
    }
}
