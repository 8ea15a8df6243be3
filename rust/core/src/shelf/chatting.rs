//! A chat over a shelf: a follow-up is put in full by what stands in its documents, and asked to all of them.

use std::sync::Arc;

use crate::answer::Quote;
use crate::error::Result;
use crate::generation::answer_stream::Generate;
use crate::generation::document_chat::{Before, DocumentChat, Questioned, WithWords};
use crate::generation::request::AskOptions;
use crate::index::Query;
use crate::shelf::asking::{Chosen, asking};
use crate::shelf::entry::Filter;
use crate::shelf::shelf::{Shared, Shelf};

/// The documents of a shelf that pass a filter, as they are when something is asked.
#[derive(Debug)]
struct Filtered {
    shelf: Arc<Shared>,
    filter: Filter,
}

impl Shelf {
    /// Begins a chat with the documents that pass a filter: questions where a later one may refer to those before it and to their answers, as
    /// [`Document::chat`](crate::Document::chat). Each question is asked to the shelf as it is then.
    pub fn chat(&self, filter: Filter) -> DocumentChat {
        DocumentChat::of(Filtered { shelf: Arc::clone(&self.shared), filter })
    }
}

impl Questioned for Filtered {
    fn answering(&self, question: &str, options: AskOptions, before: &Before) -> Result<Box<dyn Generate>> {
        asking(&self.shelf, question, &self.filter, options, before.clone())
    }

    /// The language is that of the document that was quoted last, or else of most of the text.
    fn words(&self, last: Option<&Quote>, then: &mut WithWords<'_>) -> Result<()> {
        let chosen = Chosen::new(&self.shelf, &self.filter)?;
        let quoted = last.and_then(|quote| chosen.place(quote));
        let language = quoted.map_or_else(|| chosen.language(), |place| chosen.snapshot.languages[place as usize]);
        then(language, &|word| Query::new(&*chosen.snapshot, language, word).is_ok_and(|query| query.finds_any()));
        Ok(())
    }
}
