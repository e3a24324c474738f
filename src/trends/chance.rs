//! What chance gives: the count that a period is expected to have after some others, and tail probabilities around it.

/// Stories that a term without history is taken to have had (Jeffreys' prior of a Poisson rate).
const PRIOR: f64 = 0.5;
/// Terms of a sum: more are replaced by a bound.
const MAX_SUM: u32 = 10_000;

/// Stories of a kind in a period, and all of its stories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Count {
    pub stories: f64,
    pub exposure: f64,
}

/// The distribution of a count if its rate did not change: negative binomial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    pub mean: f64,
    /// Variance is `mean + mean² / size`.
    size: f64,
}

/// Returns what a period of this exposure is expected to have after some others, with an overdispersion (`variance = mean +
/// overdispersion × mean²`). `None` without earlier stories of any kind.
pub fn expected(history: impl Iterator<Item = Count>, exposure: f64, overdispersion: f64) -> Option<Expected> {
    let (stories, before) = history.fold((0.0, 0.0), |(s, e), c| (s + c.stories, e + c.exposure));
    (before > 0.0).then(|| {
        let known = stories + PRIOR;
        Expected { mean: exposure * known / before, size: 1.0 / (1.0 / known + overdispersion.max(0.0)) }
    })
}

/// Returns the parts of a term's overdispersion by moments: the excess of its variance, and the sum of squared means.
pub(super) fn excess_variance(history: impl Iterator<Item = Count> + Clone) -> (f64, f64) {
    let (stories, before) = history.clone().fold((0.0, 0.0), |(s, e), c| (s + c.stories, e + c.exposure));
    if before <= 0.0 {
        return (0.0, 0.0);
    }
    history.fold((0.0, 0.0), |(excess, squares), c| {
        let mean = stories * c.exposure / before;
        // the mean was estimated from the same counts
        let noise = mean * (1.0 - c.exposure / before);
        (excess + (c.stories - mean).powi(2) - noise, squares + mean * mean)
    })
}

impl Expected {
    /// Returns the same with another mean.
    pub(super) fn with_mean(self, mean: f64) -> Self {
        Self { mean, ..self }
    }

    /// Returns the probability of at least `count`; 1 if the mean is not exceeded.
    pub fn at_least(&self, count: u32) -> f64 {
        let k = f64::from(count);
        if k <= self.mean || self.mean <= 0.0 {
            return if count == 0 || self.mean > 0.0 { 1.0 } else { 0.0 };
        }
        let share = self.mean / (self.mean + self.size);
        let mut term = self.ln_probability(k).exp();
        let (mut sum, mut k) = (term, k);
        for _ in 0..MAX_SUM {
            let ratio = (k + self.size) / (k + 1.0) * share;
            term *= ratio;
            sum += term;
            k += 1.0;
            if term < sum * 1e-12 {
                return sum.min(1.0);
            }
        }
        let ratio = ((k + self.size) / (k + 1.0)).max(1.0) * share;
        if ratio < 1.0 { (sum + term * ratio / (1.0 - ratio)).min(1.0) } else { 1.0 }
    }

    /// Returns the probability of at most `count`; 1 if it is not below the mean.
    pub fn at_most(&self, count: u32) -> f64 {
        let k = f64::from(count);
        if k >= self.mean {
            return 1.0;
        }
        // from `count` down: the terms decrease
        let share = self.mean / (self.mean + self.size);
        let mut term = self.ln_probability(k).exp();
        let (mut sum, mut k) = (term, k);
        for _ in 0..count.min(MAX_SUM) {
            term *= k / ((k - 1.0 + self.size) * share);
            sum += term;
            k -= 1.0;
            if term < sum * 1e-12 {
                break;
            }
        }
        sum.min(1.0)
    }

    fn ln_probability(&self, k: f64) -> f64 {
        let (mean, size) = (self.mean, self.size);
        ln_gamma(k + size) - ln_gamma(size) - ln_gamma(k + 1.0) + size * (size / (size + mean)).ln() + k * (mean / (size + mean)).ln()
    }
}

/// Returns the logarithm of the gamma function of a positive number (Stirling's series, after raising the argument).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut lower) = (x, 1.0);
    while x < 10.0 {
        lower *= x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - f64::ln(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-300), "{a} {b}");
    }

    #[test]
    fn ln_gamma_is_that_of_the_tables() {
        close(ln_gamma(0.5), std::f64::consts::PI.sqrt().ln());
        close(ln_gamma(5.0), 24f64.ln());
        close(ln_gamma(100.0), 359.134_205_369_575_4);
    }

    #[test]
    fn tails_are_those_of_the_negative_binomial() {
        // size 2, mean 3 (p = 0.4): pmf(0..=4) = 0.16, 0.192, 0.1728, 0.13824, 0.10368
        let e = Expected { mean: 3.0, size: 2.0 };
        close(e.at_least(5), 1.0 - 0.16 - 0.192 - 0.1728 - 0.138_24 - 0.103_68);
        close(e.at_most(1), 0.352);
        close(e.at_most(0), 0.16);
        close(e.at_least(2), 1.0);
        // with a large size it is Poisson: P(X >= 3), mean 1
        let poisson = Expected { mean: 1.0, size: 1e7 }.at_least(3);
        assert!((poisson - 0.080_301_397).abs() < 1e-6, "{poisson}");
        let tiny = Expected { mean: 0.1, size: 1e9 }.at_least(30);
        assert!(tiny > 0.0 && tiny < 1e-60, "not lost in rounding: {tiny}");
    }

    #[test]
    fn extreme_counts_end_and_stay_probabilities() {
        for (mean, size, count) in [(1e9, 0.01, u32::MAX), (0.0, 1.0, 5), (0.0, 1.0, 0), (1e-12, 1e-6, 1), (4e9, 1e12, 1), (5.0, 0.5, 0)] {
            let e = Expected { mean, size };
            for p in [e.at_least(count), e.at_most(count)] {
                assert!((0.0..=1.0).contains(&p), "{e:?} {count}: {p}");
            }
        }
    }

    #[test]
    fn few_earlier_stories_leave_the_rate_unsure() {
        let many = |n: f64| expected([Count { stories: n, exposure: n * 10.0 }].into_iter(), 100.0, 0.0).unwrap();
        assert!(many(4.0).at_least(25) > 50.0 * many(4_000.0).at_least(25));
        assert!(expected([].into_iter(), 5.0, 0.0).is_none());
    }

    #[test]
    fn even_counts_have_no_excess_and_clumps_have() {
        let weeks = |counts: [f64; 8]| {
            let (excess, squares) = excess_variance(counts.into_iter().map(|stories| Count { stories, exposure: 100.0 }));
            excess / squares
        };
        assert!(weeks([5.0; 8]) < 0.0);
        assert!(weeks([0.0, 0.0, 20.0, 0.0, 0.0, 18.0, 0.0, 0.0]) > 1.0);
    }
}
