//! Lengths of time as settings have them: `90s`, `30m`, `2h`, `1d`.

use std::time::Duration;

pub(super) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().next_back()?;
    let n: u64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    n.checked_mul(seconds).filter(|s| *s <= 10 * 365 * 86_400).map(Duration::from_secs)
}

/// Returns a length in the largest unit that gives a whole number.
pub(super) fn show(d: Duration) -> String {
    match d.as_secs() {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_need_a_number_and_a_unit() {
        assert_eq!(parse("30m"), Some(Duration::from_mins(30)));
        for bad in ["", "m", "30", "-5m", "1 year", "10分", "99999999999999999999d", "18446744073709551615d"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
