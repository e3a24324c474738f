//! Setting up an institute: answers → checked files. Pure; the command line and the console ask and write.

mod answers;
mod plan;
mod sources;

pub use answers::{AnswerError, MailAnswers, OwnIndustry, Question, SetupAnswers, SourceAnswer};
pub use plan::{DEFAULT_COLUMNS, SetupPlan};
pub use sources::starter_sources;
