//! A made-up archive of 120 days, with bursts whose place is known.

use std::collections::BTreeSet;

pub const DAYS: usize = 120;
/// The first day that is looked at: eight weeks of history lie before it.
pub const FIRST: usize = 60;
const TERMS: usize = 3_000;
pub const SOURCES: usize = 40;
/// Stories of a working day at first.
const STORIES: f64 = 150.0;
const TERMS_PER_STORY: f64 = 5.0;
/// A week off, and three single days.
const HOLIDAYS: [usize; 10] = [33, 71, 72, 73, 74, 75, 76, 77, 94, 108];
/// New sources come: from this day on there are so many more stories.
const GROWTH: (usize, f64) = (84, 1.7);
pub const SIZES: [f64; 4] = [2.0, 3.0, 5.0, 10.0];
/// Stories of a planted term on a usual day.
pub const RATES: [f64; 3] = [0.3, 1.5, 6.0];
pub const LENGTHS: [usize; 4] = [1, 2, 4, 7];

/// A generator with a fixed seed (`SplitMix64`, Steele and others 2014).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Knuth's method; the means are below some hundred.
    fn poisson(&mut self, mean: f64) -> usize {
        let (least, mut product, mut n) = ((-mean).exp(), self.unit(), 0);
        while product > least {
            product *= self.unit();
            n += 1;
        }
        n
    }
}

/// A burst that was planted.
pub struct Planted {
    pub term: usize,
    pub size: f64,
    pub rate: f64,
    /// First day and the day after the last.
    pub days: (usize, usize),
}

/// How a term behaves apart from its rate.
struct Habit {
    /// Standard deviation of the logarithm of its rate from day to day; days are alike (autocorrelation 0.5).
    flutter: f64,
    weekday: Option<usize>,
    is_of_weekends: bool,
}

/// A term's stories on a day.
#[derive(Clone, Copy)]
pub struct DayCount {
    pub stories: u32,
    pub articles: u32,
    /// Stories of each source.
    pub by_source: [u16; SOURCES],
}

impl Default for DayCount {
    fn default() -> Self {
        Self { stories: 0, articles: 0, by_source: [0; SOURCES] }
    }
}

pub struct Archive {
    /// By day and term.
    pub counts: Vec<Vec<DayCount>>,
    /// Stories of each day.
    pub stories: Vec<u32>,
    pub planted: Vec<Planted>,
}

fn is_free(day: usize) -> bool {
    day % 7 >= 5 || HOLIDAYS.contains(&day)
}

/// Stories of a day compared with a working day of the beginning.
fn volume(day: usize) -> f64 {
    let usual = if HOLIDAYS.contains(&day) {
        0.3
    } else if day % 7 >= 5 {
        0.45
    } else {
        1.0
    };
    usual * if day >= GROWTH.0 { GROWTH.1 } else { 1.0 }
}

pub fn make(seed: u64) -> Archive {
    let mut random = Random::new(seed);
    let planted = plant(&mut random);
    let weights: f64 = (1..=TERMS).map(|rank| 1.0 / rank as f64).sum();
    let mut rates: Vec<f64> = (1..=TERMS).map(|rank| STORIES * TERMS_PER_STORY / (rank as f64 * weights)).collect();
    for p in &planted {
        rates[p.term] = p.rate;
    }
    let habits: Vec<Habit> = (0..TERMS)
        .map(|_| Habit {
            flutter: 0.1 + 0.5 * random.unit(),
            weekday: (random.unit() < 0.08).then(|| random.below(5)),
            is_of_weekends: random.unit() < 0.05,
        })
        .collect();
    let mut state: Vec<f64> = (0..TERMS).map(|_| random.normal()).collect();
    let mut archive = Archive { counts: Vec::new(), stories: Vec::new(), planted };
    let series = series(&mut random);
    for day in 0..DAYS {
        archive.stories.push(u32::try_from(random.poisson(STORIES * volume(day))).unwrap());
        let mut counts = vec![DayCount::default(); TERMS];
        for term in 0..TERMS {
            state[term] = 0.5 * state[term] + 0.75f64.sqrt() * random.normal();
            let habit = &habits[term];
            let noise = (habit.flutter * state[term] - habit.flutter * habit.flutter / 2.0).exp();
            let weekday = habit.weekday.map_or(1.0, |w| if day % 7 == w { 4.0 } else { 0.5 });
            let weekend = if habit.is_of_weekends && is_free(day) { 2.0 } else { 1.0 };
            let burst = archive.planted.iter().find(|p| p.term == term && (p.days.0..p.days.1).contains(&day)).map_or(1.0, |p| p.size);
            let stories = random.poisson(rates[term] * volume(day) * noise * weekday * weekend * burst);
            (0..stories).for_each(|_| add(&mut random, &mut counts[term], None));
        }
        for (term, source) in series.iter().filter(|s| s.0 == day).map(|s| (s.1, s.2)) {
            (0..10).for_each(|_| add(&mut random, &mut counts[term], Some(source)));
        }
        archive.counts.push(counts);
    }
    archive
}

/// Adds a story with its copies. Large sources have more stories (Zipf); one story in a hundred is copied thirty times.
fn add(random: &mut Random, count: &mut DayCount, source: Option<usize>) {
    let drawn = (SOURCES as f64).powf(random.unit()) as usize - 1;
    let copies = if random.unit() < 0.01 { 30 } else { random.poisson(0.5) };
    count.stories += 1;
    count.articles += 1 + u32::try_from(copies).unwrap();
    count.by_source[source.unwrap_or(drawn)] += 1;
}

/// Series of one source, ten stories on a day: no bursts, because nobody else writes of them.
fn series(random: &mut Random) -> Vec<(usize, usize, usize)> {
    (0..20).map(|_| (FIRST + random.below(DAYS - FIRST), TERMS / 2 + random.below(TERMS / 2), random.below(SOURCES))).collect()
}

/// One burst of each size, rate and length, each of another term, none so frequent that its Zipf rate would show.
fn plant(random: &mut Random) -> Vec<Planted> {
    let (mut used, mut out) = (BTreeSet::new(), Vec::new());
    for size in SIZES {
        for rate in RATES {
            for length in LENGTHS {
                let term = std::iter::repeat_with(|| 100 + random.below(TERMS - 100)).find(|t| used.insert(*t)).unwrap();
                let first = FIRST + random.below(DAYS - FIRST - length);
                out.push(Planted { term, size, rate, days: (first, first + length) });
            }
        }
    }
    out
}
