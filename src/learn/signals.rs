//! What the rules found, as features beside the n-grams.

/// What the rules say of an article. They hold with sources that no label was taken from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Signals {
    /// Score of each industry of the model, in its order; 0 if no word spoke for it.
    pub scores: Vec<f32>,
    /// The same of the title alone.
    pub title_scores: Vec<f32>,
    /// The rules' column, by its place in the model's list.
    pub column: Option<usize>,
    /// The rules' points of each column of the model.
    pub column_points: Vec<f32>,
    /// Score of the best cross-industry theme.
    pub theme: f32,
    /// Characters of title and text.
    pub length: usize,
    /// Whether there is a text beside the title.
    pub has_text: bool,
    /// Places named.
    pub places: usize,
    /// Organisations named.
    pub organisations: usize,
    /// Words of other worlds (sports, games), those of the title first.
    pub off_topic: [usize; 2],
    /// Words of industry talk, those of the title first.
    pub context: [usize; 2],
}

/// Scores from here up count as found by the rules.
pub(super) const FIRED: f32 = 0.42;

impl Signals {
    /// Best and second score.
    pub(super) fn best_two(&self) -> (f32, f32) {
        self.scores.iter().fold((0.0, 0.0), |(best, second), s| if *s > best { (*s, best) } else { (best, s.max(second)) })
    }

    /// How many industries the rules found.
    pub(super) fn fired(&self) -> f32 {
        self.scores.iter().filter(|s| **s >= FIRED).count() as f32
    }

    /// Logarithm of the length.
    pub(super) fn log_length(&self) -> f32 {
        (self.length as f32 + 1.0).ln()
    }

    /// All figures in a row; as many for every article of a model.
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
