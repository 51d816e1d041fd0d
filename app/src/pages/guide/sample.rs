//! A code sample of a lesson and its language.

/// A language of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    JavaScript,
    Curl,
}

impl Language {
    /// All languages.
    pub(super) const ALL: [Self; 3] = [Self::Rust, Self::JavaScript, Self::Curl];

    /// The name for the reader.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::Curl => "curl",
        }
    }
}

/// A code sample.
pub(super) struct Sample {
    pub(super) language: Language,
    pub(super) text: &'static str,
}
