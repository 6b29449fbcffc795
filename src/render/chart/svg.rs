//! The canvas: draws through plotters and makes its SVG accessible, themed and inert.
//!
//! It adds what plotters leaves out (title, description, role, style sheet, scaling) and takes out what it hard-codes
//! (colours, fonts). A drawing holds no script and no reference to anything outside, and every text is escaped.

use std::cell::{Cell, RefCell};

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, IntoTextStyle, ShapeStyle};

use crate::render::block::{Figure, Table};
use crate::render::chart::scale::Scale;
use crate::render::chart::theme::{self, Dash, FINE, Tone};
use crate::text::escape;

/// What a drawing says to those who do not see it.
pub(super) struct Head<'a> {
    /// Unique in the report; ids inside the drawing start with it.
    pub(super) id: &'a str,
    /// Its caption.
    pub(super) title: &'a str,
    /// Its finding.
    pub(super) alt: &'a str,
}

/// A line to draw with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    /// Its colour.
    pub(super) tone: Tone,
    /// Its pattern.
    pub(super) dash: Dash,
    /// Its width in fine pixels.
    pub(super) width: u32,
}

impl Pen {
    /// A line of that colour and pattern, as wide as series are.
    pub(super) const fn new(tone: Tone, dash: Dash) -> Pen {
        Pen {
            tone,
            dash,
            width: 7,
        }
    }

    /// The same, of that width.
    pub(super) const fn wide(self, width: u32) -> Pen {
        Pen { width, ..self }
    }

    fn style(self) -> ShapeStyle {
        theme::sentinel(self.tone, self.dash).stroke_width(self.width)
    }
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It starts there.
    Start,
    /// It is centred there.
    Middle,
    /// It ends there.
    End,
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Its colour.
    pub(super) tone: Tone,
    /// Its size in pixels.
    pub(super) size: i32,
    /// Whether it is a heading.
    pub(super) bold: bool,
    /// Its place.
    pub(super) anchor: Anchor,
}

type Sheet<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plane<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<Scale, Scale>>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Writing to a text in memory has no way to fail.
fn done(drawn: Drawn) {
    drawn.expect("a drawing in memory cannot fail");
}

/// A drawing in the making. Coordinates are pixels, not fine ones.
pub(super) struct Canvas<'a> {
    sheet: Sheet<'a>,
    /// Texts drawn so far.
    texts: Cell<usize>,
    /// What is said in full of the text of that number.
    titles: RefCell<Vec<(usize, String)>>,
}

impl<'a> Canvas<'a> {
    /// A rectangle of the canvas with data coordinates: left, right, top, bottom in pixels.
    pub(super) fn plane(&self, place: [i32; 4], x: Scale, y: Scale) -> Plane<'a> {
        let [left, right, top, bottom] = place.map(|edge| edge * FINE);
        self.sheet
            .apply_coord_spec(Cartesian2d::new(x, y, (left..right, bottom..top)))
    }

    /// A line through points given in fine pixels.
    pub(super) fn fine_line(&self, points: Vec<(i32, i32)>, pen: Pen) {
        done(self.sheet.draw(&PathElement::new(points, pen.style())));
    }

    /// A text on one line; empty ones draw nothing.
    pub(super) fn text(&self, x: i32, y: i32, text: &str, look: Look) {
        self.fine_text((x * FINE, y * FINE), text, look);
    }

    /// A text at a point given in fine pixels.
    pub(super) fn fine_text(&self, at: (i32, i32), text: &str, look: Look) {
        let style = if look.bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        // The backend divides the size by 1.24.
        let size = f64::from(look.size * FINE) * 1.24;
        let horizontal = match look.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = FontDesc::new(FontFamily::SansSerif, size, style)
            .color(&theme::sentinel(look.tone, Dash::Solid))
            .into_text_style(&self.sheet)
            .pos(Pos::new(horizontal, VPos::Center));
        // The backend centres small letters; figures are taller and would stand too high.
        let at = (at.0, at.1 + look.size * FINE / 11);
        let text = plain(text, 200);
        if !text.is_empty() {
            self.texts.set(self.texts.get() + 1);
            done(self.sheet.draw(&Text::new(text, at, style)));
        }
    }

    /// A name in at most that many characters; one that is longer loses its middle and is given in full on hovering.
    pub(super) fn name(&self, at: (i32, i32), name: &str, most: usize, look: Look) {
        let name = plain(name, 300);
        let length = name.chars().count();
        if length <= most {
            self.fine_text(at, &name, look);
            return;
        }
        let before = self.texts.get();
        let tail = most / 2;
        let head = most.saturating_sub(tail + 1);
        let short = name.chars().take(head).chain(['…']);
        let short: String = short.chain(name.chars().skip(length - tail)).collect();
        self.fine_text(at, &short, look);
        if self.texts.get() > before {
            self.titles.borrow_mut().push((before, name));
        }
    }

    /// Fills an outline given in fine pixels.
    pub(super) fn fine_fill(&self, outline: Vec<(i32, i32)>, tone: Tone) {
        let colour = theme::sentinel(tone, Dash::Solid);
        done(self.sheet.draw(&Polygon::new(outline, colour.filled())));
    }

    /// A round mark at a point given in fine pixels: full, or hollow for what is not to be relied on.
    pub(super) fn mark(&self, at: (i32, i32), tone: Tone, hollow: bool) {
        let full = theme::sentinel(tone, Dash::Solid);
        if hollow {
            let paper = theme::sentinel(Tone::Paper, Dash::Solid);
            done(self.sheet.draw(&Circle::new(at, 12, paper.filled())));
            done(self.sheet.draw(&Circle::new(at, 12, full.stroke_width(6))));
        } else {
            done(self.sheet.draw(&Circle::new(at, 13, full.filled())));
        }
    }
}

/// Draws a line through data points.
pub(super) fn line(plane: &Plane<'_>, points: Vec<(f64, f64)>, pen: Pen) {
    done(plane.draw(&PathElement::new(points, pen.style())));
}

/// Fills the outline of data points.
pub(super) fn fill(plane: &Plane<'_>, outline: Vec<(f64, f64)>, tone: Tone) {
    let colour = theme::sentinel(tone, Dash::Solid);
    done(plane.draw(&Polygon::new(outline, colour.filled())));
}

/// A chart of a run: called by what it shows and whose it is, described by `alt`, drawn at that height, beside its data.
pub(super) fn figure(
    (id, shows, run): (&str, &str, &str),
    alt: String,
    data: Table,
    height: i32,
    draw: impl FnOnce(&Canvas<'_>),
) -> Figure {
    let title = format!("{shows}: {}", plain(run, 60));
    let head = Head {
        id,
        title: &title,
        alt: &alt,
    };
    let svg = drawing(&head, height, draw);
    Figure {
        id: id.to_owned(),
        title,
        alt,
        svg,
        data,
    }
}

/// Makes a drawing of that height.
pub(super) fn drawing(head: &Head<'_>, height: i32, draw: impl FnOnce(&Canvas<'_>)) -> String {
    let mut raw = String::new();
    let titles;
    let fine = |pixels: i32| u32::try_from(pixels.max(1) * FINE).unwrap_or(1);
    {
        let sheet = SVGBackend::with_string(&mut raw, (fine(theme::WIDTH), fine(height)));
        let sheet = sheet.into_drawing_area();
        // The drawing brings its own paper: a host may show it on a page of the other scheme.
        let paper = theme::sentinel(Tone::Paper, Dash::Solid).filled();
        let corner = (theme::WIDTH * FINE, height * FINE);
        done(sheet.draw(&Rectangle::new([(0, 0), corner], paper)));
        let canvas = Canvas {
            sheet,
            texts: Cell::new(0),
            titles: RefCell::default(),
        };
        draw(&canvas);
        done(canvas.sheet.present());
        titles = canvas.titles.take();
    }
    dress(&raw, head, height, &titles)
}

/// Replaces the opening tag, sentinel colours and fonts of plotters' SVG, and puts titles into texts by their number.
fn dress(raw: &str, head: &Head<'_>, height: i32, titles: &[(usize, String)]) -> String {
    let mut svg = opening(head, height);
    let mut titles = titles.iter().peekable();
    let mut texts = 0;
    for line in raw.lines().skip(1) {
        if line.starts_with('<') {
            dress_tag(line, &mut svg);
            if line.starts_with("<text") {
                if let Some((_, title)) = titles.next_if(|(number, _)| *number == texts) {
                    svg.extend(["<title>", &escape::xml(title), "</title>"]);
                }
                texts += 1;
            }
        } else {
            svg.push_str(line);
        }
        // The content of a text stays on the line of its tag.
        if !line.starts_with("<text") && line.starts_with('<') {
            svg.push('\n');
        }
    }
    svg
}

fn opening(head: &Head<'_>, height: i32) -> String {
    let width = theme::WIDTH;
    let (id, title, alt) = (
        escape::xml(head.id),
        escape::xml(&plain(head.title, 300)),
        escape::xml(&plain(head.alt, 2000)),
    );
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"knee-chart\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {} {}\" font-family=\"system-ui, sans-serif\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{alt}</desc>\n<style>\n{}</style>\n",
        width * FINE,
        height * FINE,
        theme::style_sheet()
    )
}

/// Rewrites the attributes of one tag. Quotes in a text are escaped, so ` name="` stands for an attribute only.
fn dress_tag(tag: &str, svg: &mut String) {
    let mut parts = tag.split('"');
    while let Some(before) = parts.next() {
        let Some(value) = parts.next() else {
            svg.push_str(before);
            break;
        };
        let name = before.rsplit(' ').next().unwrap_or_default();
        let name = name.trim_end_matches('=');
        let start = before
            .strip_suffix(&format!(" {name}="))
            .unwrap_or_default();
        svg.push_str(start);
        let attribute = match (name, value) {
            ("opacity" | "font-family", _) | ("stroke", "none") => continue,
            ("font-size", size) => {
                let size = size.parse::<f64>().unwrap_or_default().round();
                format!("font-size=\"{size}\"")
            }
            _ => match theme::attributes(name, value) {
                Some(themed) => themed,
                None => format!("{name}=\"{}\"", value.trim_end()),
            },
        };
        svg.push(' ');
        svg.push_str(&attribute);
    }
}

/// One line of at most that many characters: no control characters, none that XML forbids, none that turn the
/// direction of the text around them.
pub(super) fn plain(text: &str, most: usize) -> String {
    let mut out = String::new();
    let mut length = 0;
    for character in text.chars() {
        let invisible = matches!(character,
            '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}');
        let blank = character.is_whitespace() || character.is_control();
        if invisible || (blank && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        if length == most {
            let end = out.trim_end().chars().count().min(most.saturating_sub(1));
            out = out.chars().take(end).collect();
            out.push('…');
            return out;
        }
        out.push(if blank { ' ' } else { character });
        length += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look {
        tone: Tone::Ink,
        size: 13,
        bold: true,
        anchor: Anchor::Start,
    };

    fn sample(text: &str) -> String {
        let head = Head {
            id: "a-chart",
            title: text,
            alt: text,
        };
        drawing(&head, 100, |canvas| {
            canvas.text(10, 10, text, LOOK);
            canvas.mark((40, 40), Tone::First, true);
            let plane = canvas.plane(
                [0, 100, 0, 50],
                Scale::linear(0.0, 1.0),
                Scale::linear(0.0, 1.0),
            );
            line(
                &plane,
                vec![(0.0, 0.0), (1.0, 1.0)],
                Pen::new(Tone::Third, Dash::Short),
            );
        })
    }

    #[test]
    fn a_drawing_names_itself_and_scales() {
        let svg = sample("p95 over time");
        assert!(svg.contains("role=\"img\" aria-labelledby=\"a-chart-title a-chart-desc\""));
        assert!(svg.contains("<title id=\"a-chart-title\">p95 over time</title>"));
        assert!(svg.contains("<desc id=\"a-chart-desc\">p95 over time</desc>"));
        assert!(svg.contains("width=\"800\" height=\"100\" viewBox=\"0 0 3200 400\""));
        assert!(svg.contains("font-size=\"52\" class=\"f-ink\" fill=\"#1F2328\""));
    }

    #[test]
    fn no_sentinel_is_left() {
        assert!(!sample("x").contains("#01"));
    }

    #[test]
    fn lines_run_through_the_data_at_four_times_the_size() {
        assert!(sample("x").contains(
            "<polyline fill=\"none\" class=\"s-third\" stroke=\"#C0649A\" stroke-dasharray=\"10 10\" stroke-width=\"7\" points=\"0,200 400,0\"/>"
        ));
    }

    #[test]
    fn hostile_texts_are_text() {
        for hostile in [
            "<script>alert(1)</script>",
            "\" stroke=\"#010000\" onload=\"x",
            "]]>&amp;--><style>",
            "'\u{202E}abc\u{0}\n\r\tdef\u{FFFF}",
        ] {
            let svg = sample(hostile);
            assert!(!svg.contains("<script"));
            let mut reader = quick_xml::Reader::from_str(&svg);
            let mut shown = Vec::new();
            let mut inside = String::new();
            loop {
                match reader.read_event().unwrap() {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Start(tag) => {
                        inside = tag.name().as_ref().to_owned();
                        assert!(tag.attributes().all(|a| a.is_ok()), "{hostile}");
                        assert_ne!(inside, "script");
                        shown.push(String::new());
                    }
                    quick_xml::events::Event::Text(text) if !inside.is_empty() => {
                        let last = shown.last_mut().unwrap();
                        last.push_str(&text);
                    }
                    quick_xml::events::Event::GeneralRef(name) => {
                        let character = match name.as_ref() {
                            "lt" => '<',
                            "gt" => '>',
                            "amp" => '&',
                            "quot" => '"',
                            "apos" => '\'',
                            other => panic!("{other}"),
                        };
                        shown.last_mut().unwrap().push(character);
                    }
                    quick_xml::events::Event::End(_) => inside.clear(),
                    _ => {}
                }
            }
            let wanted = plain(hostile, 200);
            assert_eq!(
                shown.iter().filter(|text| text.trim() == wanted).count(),
                3,
                "title, description and text of {hostile:?}: {shown:?}"
            );
        }
    }

    #[test]
    fn names_are_cut_by_characters_and_kept_on_one_line() {
        assert_eq!(plain("a\nb\u{202E}\u{0}c", 10), "a b c");
        assert_eq!(plain("ééééé", 5), "ééééé");
        assert_eq!(plain("éééééé", 5), "éééé…");
        assert_eq!(plain(&"é".repeat(5000), 60).chars().count(), 60);
        assert_eq!(plain("  \n ", 5), "");
    }
}
