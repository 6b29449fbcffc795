//! One look for every chart: tones, pens, sizes, and the style sheet that a drawing carries.
//!
//! plotters writes colours as attributes, so a drawing uses sentinel colours `#01LLTT` (line style, tone), which
//! [`crate::render::chart::svg`] replaces by a class, with the colour of the light page as the attribute: viewers
//! without style sheets still show the light page. Series take the palette of Okabe and Ito
//! (<https://jfly.uni-koeln.de/color/>), chosen for a contrast of at least 3 to the paper in both schemes, and never
//! differ in colour alone.

use plotters::style::RGBColor;

/// Drawings are made at this multiple, because plotters rounds coordinates to integers.
pub(super) const FINE: i32 = 4;

/// Width of every chart, in the pixels of its `width` attribute.
pub(super) const WIDTH: i32 = 800;

/// Size of tick labels and notes.
pub(super) const SMALL: i32 = 12;

/// Size of headings and of the labels of series.
pub(super) const NORMAL: i32 = 13;

/// What a colour is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// The background.
    Paper,
    /// Headings and labels of series.
    Ink,
    /// Tick labels and notes.
    Muted,
    /// Grid lines.
    Grid,
    /// The area under a neutral line.
    Wash,
    /// Load and other neutral series.
    Neutral,
    /// The first series.
    First,
    /// The second series.
    Second,
    /// The third series.
    Third,
    /// Failures.
    Alarm,
    /// The area under failures.
    AlarmWash,
    /// The area between the edges of buckets.
    Band,
}

/// How a line is drawn, so that series differ without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dash {
    /// Unbroken.
    Solid,
    /// Long dashes.
    Long,
    /// Short dashes.
    Short,
    /// Fine dots: a link between points that is not itself measured.
    Link,
}

/// Name of the variable, colour on the light page, colour on the dark page. In the order of [`Tone`].
const TONES: [(Tone, &str, &str, &str); 12] = [
    (Tone::Paper, "paper", "#FFFFFF", "#0D1117"),
    (Tone::Ink, "ink", "#1F2328", "#E6EDF3"),
    (Tone::Muted, "muted", "#59636E", "#9198A1"),
    (Tone::Grid, "grid", "#E4E7EB", "#262C34"),
    (Tone::Wash, "wash", "#EEF0F3", "#1B2129"),
    (Tone::Neutral, "neutral", "#6E7781", "#A5ADB6"),
    (Tone::First, "first", "#0072B2", "#56B4E9"),
    (Tone::Second, "second", "#009E73", "#00B386"),
    (Tone::Third, "third", "#C0649A", "#CC79A7"),
    (Tone::Alarm, "alarm", "#D55E00", "#E8752A"),
    (Tone::AlarmWash, "alarm-wash", "#FBE9DD", "#33201A"),
    (Tone::Band, "band", "#D6E6F2", "#15303F"),
];

/// Dash pattern per line style, in fine pixels. In the order of [`Dash`].
const DASHES: [(Dash, Option<&str>); 4] = [
    (Dash::Solid, None),
    (Dash::Long, Some("28 12")),
    (Dash::Short, Some("10 10")),
    (Dash::Link, Some("3 12")),
];

/// The sentinel colour of a tone and a line style.
pub(super) fn sentinel(tone: Tone, dash: Dash) -> RGBColor {
    RGBColor(1, dash as u8, tone as u8)
}

/// The attributes that stand for a sentinel: class, colour, dashes. `None` for any other colour.
pub(super) fn attributes(attribute: &str, colour: &str) -> Option<String> {
    let digits = colour.strip_prefix("#01")?;
    let (dash, tone) = digits.split_at_checked(2)?;
    let dash = DASHES.get(usize::from_str_radix(dash, 16).ok()?)?;
    let tone = TONES.get(usize::from_str_radix(tone, 16).ok()?)?;
    let letter = attribute.chars().next()?;
    let dashes = match dash.1 {
        Some(pattern) if attribute == "stroke" => format!(" stroke-dasharray=\"{pattern}\""),
        _ => String::new(),
    };
    Some(format!(
        "class=\"{letter}-{}\" {attribute}=\"{}\"{dashes}",
        tone.1, tone.2
    ))
}

/// The style sheet. Every rule is bound to the chart's class, because a page may hold the drawing inline.
pub(super) fn style_sheet() -> String {
    let (mut light, mut dark, mut classes) = (String::new(), String::new(), String::new());
    for (_, name, by_day, by_night) in TONES {
        light.extend(["--knee-", name, ":", by_day, ";"]);
        dark.extend(["--knee-", name, ":", by_night, ";"]);
        for (letter, property) in [("s", "stroke"), ("f", "fill")] {
            let class = [".knee-chart .", letter, "-", name, "{", property];
            classes.extend(class.into_iter().chain([":var(--knee-", name, ")}\n"]));
        }
    }
    format!(
        ".knee-chart{{{light}font-family:system-ui,sans-serif}}\n\
         @media (prefers-color-scheme:dark){{.knee-chart{{{dark}}}}}\n\
         {classes}\
         .knee-chart text{{paint-order:stroke;stroke:var(--knee-paper);stroke-width:12px;\
         stroke-linejoin:round;font-variant-numeric:tabular-nums}}\n\
         .knee-chart polyline{{stroke-linejoin:round;stroke-linecap:round}}\n"
    )
}

/// How wide a text will be, near enough to keep labels apart: the reader's font decides.
pub(super) fn text_width(text: &str, size: i32) -> i32 {
    let characters = i32::try_from(text.chars().count()).unwrap_or(i32::MAX / 100);
    characters.saturating_mul(size * 29) / 50
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = u32::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap();
            let value = f64::from(value) / 255.0;
            if value <= 0.039_28 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn tables_are_in_the_order_of_their_enums() {
        for (place, row) in TONES.iter().enumerate() {
            assert_eq!(row.0 as usize, place);
        }
        for (place, row) in DASHES.iter().enumerate() {
            assert_eq!(row.0 as usize, place);
        }
    }

    #[test]
    fn contrast_is_computed_as_in_wcag() {
        assert!((contrast("#FFFFFF", "#000000") - 21.0).abs() < 1e-9);
        assert!((contrast("#FFFFFF", "#767676") - 4.54).abs() < 0.01);
    }

    #[test]
    fn series_stand_out_at_three_to_one_and_texts_at_four_and_a_half() {
        let (_, _, light, dark) = TONES[Tone::Paper as usize];
        for (tone, _, on_light, on_dark) in TONES {
            let least = match tone {
                Tone::Ink | Tone::Muted => 4.5,
                Tone::First | Tone::Second | Tone::Third | Tone::Alarm | Tone::Neutral => 3.0,
                _ => continue,
            };
            assert!(contrast(light, on_light) >= least, "{tone:?} on light");
            assert!(contrast(dark, on_dark) >= least, "{tone:?} on dark");
        }
    }

    #[test]
    fn only_sentinels_become_classes() {
        let first = attributes("stroke", "#010106").unwrap();
        assert_eq!(
            first,
            "class=\"s-first\" stroke=\"#0072B2\" stroke-dasharray=\"28 12\""
        );
        assert_eq!(
            attributes("fill", "#010000").unwrap(),
            "class=\"f-paper\" fill=\"#FFFFFF\""
        );
        assert_eq!(attributes("fill", "#020000"), None);
        assert_eq!(attributes("fill", "#0109FF"), None);
    }
}
