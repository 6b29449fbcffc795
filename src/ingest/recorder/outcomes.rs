//! The same kind of distribution for successes, failures, and requests of which nobody says which they are.

/// One of each, made when it is needed.
#[derive(Clone, Debug)]
pub(super) struct Outcomes<D> {
    /// Successes.
    pub(super) ok: Option<Box<D>>,
    /// Failures.
    pub(super) failed: Option<Box<D>>,
    /// Undecided.
    pub(super) undecided: Option<Box<D>>,
}

impl<D> Default for Outcomes<D> {
    fn default() -> Self {
        Outcomes {
            ok: None,
            failed: None,
            undecided: None,
        }
    }
}

impl<D: Default> Outcomes<D> {
    #[inline]
    pub(super) fn of_mut(&mut self, ok: Option<bool>) -> &mut D {
        let place = match ok {
            Some(true) => &mut self.ok,
            Some(false) => &mut self.failed,
            None => &mut self.undecided,
        };
        place.get_or_insert_default()
    }

    pub(super) fn merge(&mut self, other: Outcomes<D>, add: fn(&mut D, &D)) {
        for (mine, other) in [
            (&mut self.ok, other.ok),
            (&mut self.failed, other.failed),
            (&mut self.undecided, other.undecided),
        ] {
            match (mine.as_mut(), other) {
                (Some(mine), Some(other)) => add(mine, &other),
                (None, Some(other)) => *mine = Some(other),
                (_, None) => {}
            }
        }
    }
}

impl<D: Clone> Outcomes<D> {
    /// All of them as one; `None` when there is no sample.
    pub(super) fn whole(&self, add: fn(&mut D, &D)) -> Option<D> {
        joined([&self.ok, &self.failed, &self.undecided], add)
    }

    /// All but the successes as one.
    pub(super) fn not_ok(&self, add: fn(&mut D, &D)) -> Option<D> {
        joined([&self.failed, &self.undecided], add)
    }
}

fn joined<D: Clone, const N: usize>(parts: [&Option<Box<D>>; N], add: fn(&mut D, &D)) -> Option<D> {
    let mut parts = parts.into_iter().flatten();
    let mut whole = D::clone(parts.next()?);
    for part in parts {
        add(&mut whole, part);
    }
    Some(whole)
}
