//! A panel: one plot with its axes, and the labels of its series beside the ends of their lines.

use plotters::backend::SVGBackend;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::DrawingArea;

use crate::render::chart::scale::{Axis, Scale};
use crate::render::chart::svg::{self, Anchor, Canvas, Look, Pen};
use crate::render::chart::theme::{Dash, FINE, NORMAL, SMALL, Tone, WIDTH, text_width};
use crate::render::chart::thin;

/// Left edge of every plot: room for tick labels.
pub(super) const LEFT: i32 = 72;

/// Hair lines of the grid.
const HAIR: Pen = Pen::new(Tone::Grid, Dash::Solid).wide(4);

/// One plot on a canvas.
pub(super) struct Panel<'c, 'a> {
    canvas: &'c Canvas<'a>,
    plane: DrawingArea<SVGBackend<'a>, Cartesian2d<Scale, Scale>>,
    x: Axis,
    y: Axis,
    /// Left, right, top and bottom in pixels.
    place: [i32; 4],
}

/// The place of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Spot {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Spot {
    fn of(left: i32, y: i32, width: i32) -> Spot {
        Spot {
            left,
            right: left + width,
            top: y - 8 * FINE,
            bottom: y + 8 * FINE,
        }
    }

    fn covers(&self, other: &Spot) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether a point lies inside, or so near.
    fn holds(&self, (x, y): (i32, i32), near: i32) -> bool {
        (self.left - near..=self.right + near).contains(&x)
            && (self.top - near..=self.bottom + near).contains(&y)
    }

    /// Whether a straight line runs through it: what lies inside the four edges one after the other.
    fn is_crossed(&self, from: (i32, i32), to: (i32, i32)) -> bool {
        let (x, y) = (f64::from(from.0), f64::from(from.1));
        let (dx, dy) = (f64::from(to.0) - x, f64::from(to.1) - y);
        let edges = [
            (-dx, x - f64::from(self.left)),
            (dx, f64::from(self.right) - x),
            (-dy, y - f64::from(self.top)),
            (dy, f64::from(self.bottom) - y),
        ];
        let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
        for (toward, room) in edges {
            if toward < 0.0 {
                enters = enters.max(room / toward);
            } else if toward > 0.0 {
                leaves = leaves.min(room / toward);
            } else if room < 0.0 {
                return false;
            }
        }
        enters <= leaves
    }
}

/// What stands beside the end of a line.
pub(super) struct EndLabel {
    /// The last point of the line.
    pub(super) at: (f64, f64),
    /// The series' name.
    pub(super) text: String,
    /// How the line is drawn.
    pub(super) pen: Pen,
}

impl<'c, 'a> Panel<'c, 'a> {
    /// A plot between `top` and `bottom`, with `right` pixels kept for labels; draws the grid and the labels of y.
    pub(super) fn new(
        canvas: &'c Canvas<'a>,
        [right, top, bottom]: [i32; 3],
        x: Axis,
        y: Axis,
    ) -> Panel<'c, 'a> {
        let place = [LEFT, WIDTH - right, top, bottom];
        let plane = canvas.plane(place, x.scale, y.scale);
        let panel = Panel {
            canvas,
            plane,
            x,
            y,
            place,
        };
        panel.grid();
        panel
    }

    fn grid(&self) {
        let (x, y) = (self.x.scale, self.y.scale);
        for (value, _) in &self.x.ticks {
            svg::line(&self.plane, vec![(*value, y.lo()), (*value, y.hi())], HAIR);
        }
        for (place, (value, label)) in self.y.ticks.iter().enumerate() {
            let pen = if place == 0 && *value <= y.lo() {
                HAIR.wide(5)
            } else {
                HAIR
            };
            let pen = if pen == HAIR {
                pen
            } else {
                Pen {
                    tone: Tone::Neutral,
                    ..pen
                }
            };
            svg::line(&self.plane, vec![(x.lo(), *value), (x.hi(), *value)], pen);
            let (left, height) = self.fine((x.lo(), *value));
            let look = small(Anchor::End);
            self.canvas
                .fine_text((left - 9 * FINE, height), label, look);
        }
    }

    /// Writes the labels of x and what they mean.
    pub(super) fn x_labels(&self, meaning: &str) {
        let bottom = self.place[3];
        let mut taken = i32::MIN;
        for (value, label) in &self.x.ticks {
            let (at, _) = self.fine((*value, self.y.scale.lo()));
            let half = text_width(label, SMALL) * FINE / 2;
            if at - half < taken {
                continue;
            }
            taken = at + half + 8 * FINE;
            let look = small(Anchor::Middle);
            self.canvas
                .fine_text((at, (bottom + 15) * FINE), label, look);
        }
        let right = self.place[1];
        self.canvas
            .text(right, bottom + 34, meaning, small(Anchor::End));
    }

    /// Writes what the panel shows, and a remark at the other end of the line if both fit.
    pub(super) fn heading(&self, heading: &str, remark: &str) {
        let look = Look {
            tone: Tone::Ink,
            size: NORMAL,
            bold: true,
            anchor: Anchor::Start,
        };
        let above = self.place[2] - 17;
        self.canvas.text(16, above, heading, look);
        let used = text_width(heading, NORMAL + 1) + text_width(remark, SMALL);
        if used < WIDTH - 60 {
            let right = WIDTH - 16;
            self.canvas.text(right, above, remark, small(Anchor::End));
        }
    }

    /// Draws a line; more points than can be seen are thinned to those that make its outline.
    pub(super) fn line(&self, points: &[(f64, f64)], pen: Pen) {
        svg::line(&self.plane, self.thinned(points), pen);
    }

    /// Draws a line and fills the area below it.
    pub(super) fn area(&self, points: &[(f64, f64)], pen: Pen, below: Tone) {
        let points = self.thinned(points);
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            let foot = self.y.scale.lo();
            let mut outline = vec![(first.0, foot)];
            outline.extend(&points);
            outline.push((last.0, foot));
            svg::fill(&self.plane, outline, below);
        }
        svg::line(&self.plane, points, pen);
    }

    /// Fills the area between two lines.
    pub(super) fn band(&self, lower: &[(f64, f64)], upper: &[(f64, f64)], tone: Tone) {
        let mut outline = self.thinned(lower);
        outline.extend(self.thinned(upper).into_iter().rev());
        svg::fill(&self.plane, outline, tone);
    }

    /// A round mark.
    pub(super) fn mark(&self, at: (f64, f64), tone: Tone, hollow: bool) {
        self.canvas.mark(self.fine(at), tone, hollow);
    }

    /// Writes labels above and left of the points of a rising line, or below and right where the edge of the plot is
    /// near, in order of importance; one that would cover another is left out.
    pub(super) fn point_labels(&self, labels: &[((f64, f64), String)]) {
        let [left_edge, _, top_edge, _] = self.place.map(|edge| edge * FINE);
        let mut taken: Vec<Spot> = Vec::new();
        for (at, text) in labels {
            let point = self.fine(*at);
            let width = text_width(text, SMALL) * FINE;
            let mut right = point.0 - 5 * FINE;
            let mut y = point.1 - 11 * FINE;
            if right - width < left_edge + 4 * FINE {
                right = point.0 + width + 8 * FINE;
                y = point.1 + 11 * FINE;
            } else if y - 6 * FINE < top_edge {
                y = point.1 + 14 * FINE;
            }
            self.write_free(Spot::of(right - width, y, width), text, &mut taken);
        }
    }

    /// Writes labels beside points, in order of importance, where they cover no other label, no point and as little as
    /// can be of the lines; one that has no such place is left out.
    pub(super) fn labels_among(&self, labels: &[((f64, f64), String)], lines: &[Vec<(f64, f64)>]) {
        let [left_edge, right_edge, top_edge, bottom_edge] = self.place.map(|edge| edge * FINE);
        let lines: Vec<Vec<(i32, i32)>> = lines
            .iter()
            .map(|line| line.iter().map(|at| self.fine(*at)).collect())
            .collect();
        let mut taken: Vec<Spot> = Vec::new();
        for (at, text) in labels {
            let (x, y) = self.fine(*at);
            let width = text_width(text, SMALL) * FINE;
            let (left, centre, right) = (x - 5 * FINE - width, x - width / 2, x + 5 * FINE);
            let (above, below) = (y - 11 * FINE, y + 13 * FINE);
            let places = [
                (left, above),
                (centre, above - 3 * FINE),
                (right, above),
                (right, below),
                (centre, below + 3 * FINE),
                (left, below),
                (right + 4 * FINE, y),
                (left - 4 * FINE, y),
            ];
            let inside = |place: &Spot| {
                place.left > left_edge + 2 * FINE
                    && place.right < right_edge
                    && place.top >= top_edge
                    && place.bottom <= bottom_edge
            };
            let covers_point = |place: &Spot| {
                let mut points = lines.iter().flatten();
                points.any(|at| place.holds(*at, 4 * FINE))
            };
            let crossed = |place: &Spot| {
                let lines = lines.iter();
                let steps = lines.flat_map(|line| line.windows(2));
                steps
                    .filter(|step| matches!(step, [from, to] if place.is_crossed(*from, *to)))
                    .count()
            };
            let free = places
                .into_iter()
                .map(|(left, y)| Spot::of(left, y, width))
                .filter(|place| inside(place) && !covers_point(place))
                .filter(|place| !taken.iter().any(|other| place.covers(other)));
            // Of equals the first.
            if let Some(place) = free.min_by_key(crossed) {
                self.write_free(place, text, &mut taken);
            }
        }
    }

    /// Writes a label unless it would cover another.
    fn write_free(&self, place: Spot, text: &str, taken: &mut Vec<Spot>) {
        if taken.iter().any(|other| place.covers(other)) {
            return;
        }
        let look = Look {
            tone: Tone::Ink,
            ..small(Anchor::End)
        };
        let y = i32::midpoint(place.top, place.bottom);
        self.canvas.fine_text((place.right, y), text, look);
        taken.push(place);
    }

    /// Writes the names of the series right of the plot, each tied to the end of its line by its own pen.
    pub(super) fn end_labels(&self, labels: &[EndLabel]) {
        // Reversed, so that of lines that end together the later one, the higher percentile, stands above.
        let mut ends: Vec<((i32, i32), &EndLabel)> = labels
            .iter()
            .rev()
            .map(|label| (self.fine(label.at), label))
            .collect();
        ends.sort_by_key(|((_, y), _)| *y);
        let wanted: Vec<i32> = ends.iter().map(|((_, y), _)| *y).collect();
        let edges = (self.place[2] * FINE, self.place[3] * FINE);
        let heights = spread(&wanted, (NORMAL + 4) * FINE, edges);
        let (plot, text) = (self.place[1] * FINE, (self.place[1] + 30) * FINE);
        for ((end, label), height) in ends.into_iter().zip(heights) {
            let tie = Pen {
                dash: Dash::Solid,
                ..label.pen
            };
            if end.0 < plot - FINE {
                let link = Pen {
                    dash: Dash::Link,
                    ..tie.wide(4)
                };
                self.canvas.fine_line(vec![end, (plot, end.1)], link);
            }
            let bend = plot + 8 * FINE;
            self.canvas
                .fine_line(vec![(plot, end.1), (bend, height)], tie.wide(3));
            self.canvas
                .fine_line(vec![(bend, height), (text - 5 * FINE, height)], label.pen);
            let look = Look {
                tone: Tone::Ink,
                size: NORMAL,
                bold: false,
                anchor: Anchor::Start,
            };
            self.canvas.fine_text((text, height), &label.text, look);
        }
    }

    fn fine(&self, at: (f64, f64)) -> (i32, i32) {
        self.plane.map_coordinate(&at)
    }

    fn thinned(&self, points: &[(f64, f64)]) -> Vec<(f64, f64)> {
        thin::by_column(points, |x| self.fine((x, self.y.scale.lo())).0 / FINE)
    }
}

fn small(anchor: Anchor) -> Look {
    Look {
        tone: Tone::Muted,
        size: SMALL,
        bold: false,
        anchor,
    }
}

/// Moves heights apart by at least `gap`, keeping their order, as little as needed and between the edges if they fit.
fn spread(sorted: &[i32], gap: i32, (top, bottom): (i32, i32)) -> Vec<i32> {
    let mut heights: Vec<i32> = sorted.to_vec();
    for _ in 0..sorted.len() {
        // Pushing both neighbours by half keeps a group around its middle.
        let mut place = 1;
        while place < heights.len() {
            let missing = gap - (heights[place] - heights[place - 1]);
            if missing > 0 {
                heights[place - 1] -= missing / 2;
                heights[place] += missing - missing / 2;
            }
            place += 1;
        }
    }
    let mut least = top;
    for height in &mut heights {
        *height = (*height).max(least);
        least = *height + gap;
    }
    let mut most = bottom;
    for height in heights.iter_mut().rev() {
        *height = (*height).min(most);
        most = *height - gap;
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_crosses_a_label_or_passes_it() {
        let label = Spot {
            left: 10,
            right: 30,
            top: 10,
            bottom: 20,
        };
        assert!(label.is_crossed((0, 15), (100, 15)));
        assert!(label.is_crossed((12, 12), (14, 14)), "wholly inside");
        assert!(label.is_crossed((0, 0), (40, 30)), "from corner to corner");
        assert!(!label.is_crossed((0, 15), (9, 15)), "it ends before");
        assert!(!label.is_crossed((0, 0), (100, 5)));
        assert!(!label.is_crossed((0, 21), (100, 21)));
        assert!(!label.is_crossed((5, 12), (12, 5)), "past the corner");
        assert!(label.holds((33, 15), 4) && !label.holds((35, 15), 4));
    }

    #[test]
    fn labels_never_overlap_and_stay_inside() {
        for wanted in [
            vec![50, 50, 50],
            vec![0, 0, 0],
            vec![100, 100, 100],
            vec![10, 12, 90],
        ] {
            let heights = spread(&wanted, 10, (0, 100));
            assert!(
                heights.windows(2).all(|pair| pair[1] - pair[0] >= 10),
                "{heights:?}"
            );
            assert!(heights.iter().all(|h| (0..=100).contains(h)), "{heights:?}");
        }
        assert_eq!(spread(&[10, 40, 90], 10, (0, 100)), [10, 40, 90]);
        assert_eq!(spread(&[], 10, (0, 100)), Vec::<i32>::new());
    }
}
