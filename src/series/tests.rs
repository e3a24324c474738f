//! Documents of each kind, and what follows from two of them.
