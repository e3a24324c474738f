//! Counts of stories by period → terms that rise (bursts), and whether a count is within what chance gives. Pure.
//!
//! **Method.** The stories of a period that have a term are compared with earlier periods. Each period's number of stories is its
//! exposure, so that a period with twice the stories raises nothing. If a term's rate had not changed, its count would follow a
//! negative binomial distribution: Poisson noise, the uncertainty of a rate that few stories tell (the predictive distribution of a
//! gamma prior), and the overdispersion of news, which comes in clumps. Overdispersion is estimated by moments for each term and
//! drawn towards that of all terms, because eight periods tell little of one term (Robinson and Smyth, *Small-sample estimation of
//! negative binomial dispersion*, Biostatistics 9, 2008). The probability of a count at least as large is the p-value; over all terms
//! tested, the share of false discoveries is controlled (Benjamini and Hochberg, *Controlling the false discovery rate*, JRSS B 57,
//! 1995). Terms of one story rise together; this positive dependence leaves the bound valid (Benjamini and Yekutieli, Annals of
//! Statistics 29, 2001).
//!
//! Kleinberg's automaton (*Bursty and hierarchical structure in streams*, KDD 2002) was considered: it finds when a burst begins and
//! ends, but its costs of a change of state are no error rates, so nothing bounds the false alarms over thousands of terms.

mod burst;
mod chance;
mod compare;
mod false_discovery;

pub use burst::{Burst, BurstPeriod, Limits, Period, TermCount, bursts};
pub use compare::{Series, Verdict, compare};
pub use false_discovery::q_values;
