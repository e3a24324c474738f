//! Setting up an institute: answers → checked files. The command line and the console ask.

mod answers;
mod files;
mod plan;
mod sources;
mod split;

pub use answers::{AnswerError, MailAnswers, OwnIndustry, Question, SetupAnswers, SourceAnswer};
pub use files::{SetupError, SetupFiles};
pub use plan::{DEFAULT_COLUMNS, SetupPlan};
pub use sources::starter_sources;
pub use split::{mail_port, own_industries, split_list};
