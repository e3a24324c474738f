use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The calendar of 2026, as far as the tests need it.
fn calendar() -> Calendar {
    let days = |from: &str, n| day(from).iter_days().take(n);
    let holidays = days("2026-05-01", 5).chain(days("2026-06-19", 3)).chain(days("2026-09-25", 3)).chain(days("2026-10-01", 7));
    Calendar { holidays: holidays.collect(), makeup_workdays: vec![day("2026-05-09"), day("2026-09-20"), day("2026-10-10")], ..Calendar::default() }
}

fn newest_first(mut days: Vec<NaiveDate>) -> Vec<NaiveDate> {
    days.sort_unstable_by(|a, b| b.cmp(a));
    days.dedup();
    days.truncate(MAX_DAYS);
    days
}

#[test]
fn a_source_is_quiet_by_its_own_rhythm() {
    let back = |from: &str, every: i64, n: i64| (0..n).map(|i| day(from) - chrono::TimeDelta::days(i * every)).collect::<Vec<_>>();
    let working = |from: &str, n: usize| {
        let days = (0..).map(|i| day(from) - chrono::TimeDelta::days(i));
        days.filter(|d| calendar().day_kind(*d) == DayKind::Working).take(n).collect::<Vec<_>>()
    };
    let mut pinned = back("2026-08-12", 1, 12);
    pinned.push(day("2024-01-01"));
    let table = [
        ("every day, weekends too: on the fifth day without an article", back("2026-08-12", 1, 20), "2026-08-17"),
        ("the same, known from six days only", back("2026-08-12", 1, 6), "2026-08-17"),
        ("an old paper pinned to the top changes nothing", pinned, "2026-08-17"),
        ("on working days: weekends are no silence", working("2026-08-12", 20), "2026-08-19"),
        ("nor is the National Day week", working("2026-09-30", 20), "2026-10-13"),
        ("every day, but never seen on a holiday: the week does not count", back("2026-09-20", 1, 20), "2026-09-28"),
        ("every Monday: some three weeks", back("2026-08-10", 7, 10), "2026-09-02"),
        ("every Saturday", back("2026-08-08", 7, 10), "2026-08-31"),
        ("every thirty days: some three months", back("2026-08-10", 30, 6), "2026-11-20"),
        ("three days known: ten working days at least", back("2026-08-12", 1, 3), "2026-08-27"),
        ("one day known: a month of working days", back("2026-08-12", 1, 1), "2026-09-14"),
    ];
    for (what, days, expected) in table {
        assert_eq!(quiet_from(&days, &calendar()), Some(day(expected)), "{what}");
    }
    assert_eq!(quiet_from(&[], &calendar()), None);
}

/// Random-looking numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 31)
    }
}

/// Whether a source publishes on a day; the second number counts days.
type Source = (&'static str, fn(NaiveDate, i64, &mut Dice) -> bool);

const SOURCES: [Source; 8] = [
    ("daily", |_, _, dice| dice.share() < 0.95),
    ("working days", |d, _, dice| calendar().day_kind(d) == DayKind::Working && dice.share() < 0.95),
    ("daily but for National Day", |d, _, dice| calendar().day_kind(d) != DayKind::Holiday && dice.share() < 0.95),
    ("every other day", |_, _, dice| dice.share() < 0.5),
    ("weekly", |_, n, dice| n % 7 == 3 && dice.share() < 0.95),
    ("weekly on any day", |_, _, dice| dice.share() < 0.14),
    ("monthly", |_, n, _| n % 30 == 11),
    ("bursts", |_, n, dice| n % 20 < 3 && dice.share() < 0.8),
];

/// How often live sources are called quiet, and after how many days dead ones: over 60 sources of each kind that live from March
/// to the end of October, and then die.
#[test]
fn false_alarms_are_rare_and_the_dead_are_told_in_time() {
    let bounds = [(0.05, 5), (0.05, 7), (0.05, 7), (0.7, 14), (0.1, 24), (1.3, 38), (0.0, 95), (0.2, 45)];
    for ((name, brings), (most, longest)) in SOURCES.iter().zip(bounds) {
        let (mut alarms, mut checked, mut waits) = (0u32, 0u32, Vec::new());
        for seed in 0..60 {
            let mut dice = Dice(seed * 7_919 + 1);
            let (first, last) = (day("2026-03-01"), day("2026-10-31"));
            let (mut days, mut from, mut alarmed) = (Vec::new(), None, false);
            for (n, d) in (0..).zip(first.iter_days().take_while(|d| *d <= last)) {
                let quiet = from.is_some_and(|from| d >= from);
                // a list shows weeks of the past at the first poll
                if n > 60 {
                    checked += 1;
                    alarms += u32::from(quiet && !alarmed);
                    alarmed = quiet;
                }
                if brings(d, n, &mut dice) {
                    days.push(d);
                    from = quiet_from(&newest_first(days.clone()), &calendar());
                }
            }
            let days = newest_first(days);
            waits.push((quiet_from(&days, &calendar()).unwrap() - days[0]).num_days());
        }
        waits.sort_unstable();
        let (a_year, median) = (f64::from(alarms) * 365.0 / f64::from(checked), waits[waits.len() / 2]);
        println!(
            "{name}: {a_year:.2} false alarms a year and source, told {median} days after the last article (all: {:?})",
            (waits.first(), waits.last())
        );
        assert!(a_year <= most, "{name}: {a_year:.2} false alarms a year");
        assert!(median <= longest, "{name}: told after {median} days");
    }
}
