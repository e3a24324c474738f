//! Events: articles that report one happening in different words, and follow-ups within days. A story (`dedup/`) groups copies of one
//! text; an event groups stories.
//!
//! [`Profile`] keeps what is compared of an article, `pair.rs` turns two profiles into features, and boosted trees trained on labelled
//! pairs (`examples/train_events`) turn these into the probability that both report one event. `group.rs` decides which event an
//! article joins.

mod agreement;
mod amounts;
mod facts;
mod figures;
mod grams;
mod group;
mod letters;
mod model;
mod novelty;
mod pair;
mod periods;
mod profile;

pub use agreement::{Contradiction, Facts, Shared};
pub use amounts::amounts;
pub use grams::GramFrequencies;
pub use group::{Archive, Candidate, EventIndex, Joined, MAX_MEMBERS, join, most_alike};
pub use model::{EventModel, RELATED, SURE};
pub use novelty::Told;
pub use pair::{features, is_doubtful, is_template};
pub use profile::{Draft, INDEXED_TERMS, Profile};
