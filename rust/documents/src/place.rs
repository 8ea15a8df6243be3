//! Where in its source a block stands.

use std::fmt;

/// Where in its source a block stands; counted from 1. A sheet's or a chapter's name is a heading of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Place {
    /// The source has no places of its own.
    #[default]
    Whole,
    /// A page: of a PDF by its order in the file, of a plain text by its form feeds.
    Page(u32),
    /// A slide of a presentation.
    Slide(u32),
    /// A sheet of a workbook.
    Sheet(u32),
    /// A chapter of a book.
    Chapter(u32),
    /// A message of a mailbox, newest first as they are told.
    Message(u32),
    /// A second of a film or a recording.
    Second(u32),
}

impl Place {
    /// What is counted, in a word: `page`, `slide`, `sheet`, `chapter`, `message` or `second`.
    pub fn kind(self) -> Option<&'static str> {
        Some(match self {
            Self::Whole => return None,
            Self::Page(_) => "page",
            Self::Slide(_) => "slide",
            Self::Sheet(_) => "sheet",
            Self::Chapter(_) => "chapter",
            Self::Message(_) => "message",
            Self::Second(_) => "second",
        })
    }

    /// The number, if there is one.
    pub fn number(self) -> Option<u32> {
        match self {
            Self::Whole => None,
            Self::Page(n) | Self::Slide(n) | Self::Sheet(n) | Self::Chapter(n) | Self::Message(n) | Self::Second(n) => Some(n),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (*self, self.kind(), self.number()) {
            (Self::Second(n), ..) => write!(f, "{}:{:02}:{:02}", n / 3600, n / 60 % 60, n % 60),
            (_, Some(kind), Some(number)) => write!(f, "{kind} {number}"),
            _ => Ok(()),
        }
    }
}
