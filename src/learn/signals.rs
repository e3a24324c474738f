//! Results of the rules, as features beside the n-grams.

/// Results of the rules for an article. Unlike n-grams they also suit sources without labelled articles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Signals {
    /// Score of each industry of the model, in its order; 0 without a match.
    pub scores: Vec<f32>,
    /// The same for the title alone.
    pub title_scores: Vec<f32>,
    /// The rules' column, as an index of the model's list.
    pub column: Option<usize>,
    /// The rules' points for each column of the model.
    pub column_points: Vec<f32>,
    /// Score of the best cross-industry theme.
    pub theme: f32,
    /// Length of title and text, in characters.
    pub length: usize,
    /// Whether there is a text.
    pub has_text: bool,
    /// Number of places.
    pub places: usize,
    /// Number of organisations.
    pub organisations: usize,
    /// Words of unrelated areas (sports, games): in the title, in all.
    pub off_topic: [usize; 2],
    /// Words of industry news: in the title, in all.
    pub context: [usize; 2],
}

/// Minimum score of an industry found by the rules.
pub(super) const FIRED: f32 = 0.42;

impl Signals {
    /// Returns the best and second-best score.
    pub(super) fn best_two(&self) -> (f32, f32) {
        self.scores.iter().fold((0.0, 0.0), |(best, second), s| if *s > best { (*s, best) } else { (best, s.max(second)) })
    }

    /// Returns the number of industries found by the rules.
    pub(super) fn fired(&self) -> f32 {
        self.scores.iter().filter(|s| **s >= FIRED).count() as f32
    }

    /// Returns the logarithm of the length.
    pub(super) fn log_length(&self) -> f32 {
        (self.length as f32 + 1.0).ln()
    }

    /// Returns all features in a row, equally many for every article of a model.
    pub(super) fn features(&self, columns: usize) -> Vec<f32> {
        let (best, second) = self.best_two();
        let yes = |b: bool| f32::from(u8::from(b));
        let log = |n: usize| (n as f32 + 1.0).ln();
        let mut out = self.scores.clone();
        out.extend(self.scores.iter().map(|s| s / best.max(0.01)));
        out.extend(&self.title_scores);
        out.extend((0..columns).map(|c| yes(self.column == Some(c))));
        out.extend(&self.column_points);
        out.extend([self.fired(), best, second, self.theme, yes(self.theme > 0.0), self.log_length(), yes(!self.has_text)]);
        out.extend([log(self.places), log(self.organisations)]);
        out.extend(self.off_topic.iter().chain(&self.context).map(|n| log(*n)));
        out
    }
}
