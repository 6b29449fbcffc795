//! Amounts as tools write them for people: `263.6MiB`, `17.1 kB`, `0B`, `12.5%`.
//!
//! kB, MB, GB are powers of 1 000 and KiB, MiB, GiB powers of 1 024, as `docker/go-units` has them (`HumanSize`,
//! `BytesSize`). A unit that is not known is no amount.

/// Bytes of one unit; `None` = not a unit of bytes. Case matters in `kb` and `KB` only to people.
pub(super) fn bytes_of(unit: &str) -> Option<f64> {
    let lower = unit.to_ascii_lowercase();
    let step: f64 = if lower.ends_with("ib") {
        1024.0
    } else {
        1000.0
    };
    let power = match lower.as_str() {
        "b" | "byte" | "bytes" => 0,
        "kb" | "kib" => 1,
        "mb" | "mib" => 2,
        "gb" | "gib" => 3,
        "tb" | "tib" => 4,
        "pb" | "pib" => 5,
        "eb" | "eib" => 6,
        "zb" | "zib" => 7,
        "yb" | "yib" => 8,
        _ => return None,
    };
    Some(step.powi(power))
}

/// A finite number; words such as `inf` are none.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_written = text.bytes().any(|byte| byte.is_ascii_digit());
    let value: f64 = text.parse().ok().filter(|_| is_written)?;
    value.is_finite().then_some(value)
}

/// A number with a unit of bytes, in bytes.
pub(super) fn bytes(text: &str) -> Option<f64> {
    let text = text.trim();
    let at = text
        .find(|letter: char| letter.is_alphabetic() && letter != 'e' && letter != 'E')
        .filter(|at| *at > 0)?;
    let (value, unit) = text.split_at_checked(at)?;
    let value = number(value)? * bytes_of(unit.trim())?;
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// `12.5%`, as 12.5.
pub(super) fn percent(text: &str) -> Option<f64> {
    number(text.trim().strip_suffix('%')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: Option<f64>, wanted: f64) -> bool {
        found.is_some_and(|found| (found - wanted).abs() < 1e-6 * wanted.max(1.0))
    }

    /// The examples of docker's own reference of `docker stats`.
    #[test]
    fn binary_and_decimal_steps_are_told_apart() {
        assert!(close(bytes("5.629MiB"), 5.629 * 1_048_576.0));
        assert!(close(bytes("1.952GiB"), 1.952 * 1_073_741_824.0));
        assert!(close(bytes("196KiB"), 200_704.0));
        assert!(close(bytes("147kB"), 147_000.0));
        assert!(close(bytes("38.21 MiB"), 38.21 * 1_048_576.0));
        assert!(close(bytes("916B"), 916.0));
        assert!(close(bytes("1.05e+03MB"), 1.05e9));
        assert_eq!(bytes("0B"), Some(0.0));
        assert_eq!(percent("0.28%"), Some(0.28));
    }

    #[test]
    fn what_has_no_known_unit_is_no_amount() {
        for text in [
            "",
            "--",
            "12",
            "MiB",
            "12 parsec",
            "-5MiB",
            "1e400MB",
            "nanB",
            "infB",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
        assert_eq!(percent("12"), None);
        assert_eq!(percent("NaN%"), None);
        assert_eq!(number("inf"), None);
    }
}
