//! What an answer costs.

use std::time::Instant;

use crate::answer::{AnswerEvent, Usage, peak_rss_bytes};
use crate::document::reading_state::DocumentState;
use crate::session::Session;

/// The costs so far.
#[derive(Debug)]
pub(crate) struct Stats {
    begun: Instant,
    first_text: Option<Instant>,
    prompt_tokens: u64,
    graph_runs: u64,
    state_bytes: u64,
}

impl Stats {
    /// Of an answer that was asked for at `begun`.
    pub fn new(begun: Instant) -> Self {
        Self { begun, first_text: None, prompt_tokens: 0, graph_runs: 0, state_bytes: 0 }
    }

    /// A prompt of so many tokens begins.
    pub fn add_prompt(&mut self, tokens: usize) {
        self.prompt_tokens += tokens as u64;
    }

    /// A prompt has ended: its graph runs, and the bytes of its session.
    pub fn add_run(&mut self, graph_runs: u64, state_bytes: u64) {
        self.graph_runs += graph_runs;
        self.state_bytes = state_bytes;
    }

    /// Text was shown: the first time counts.
    pub fn text_shown(&mut self) {
        self.first_text.get_or_insert_with(Instant::now);
    }

    /// So many tokens of all are read, at the same pace as what is left.
    pub fn progress(&self, tokens_done: u64, tokens_total: u64) -> AnswerEvent {
        let tokens_left = tokens_total.saturating_sub(tokens_done);
        let seconds_left = (tokens_done > 0).then(|| self.begun.elapsed().as_secs_f64() * tokens_left as f64 / tokens_done as f64);
        AnswerEvent::Progress { tokens_done, tokens_total, seconds_left }
    }

    /// The costs of a complete answer; `document_bytes` are those of the session that its prompts were forked from.
    pub fn usage(&self, generated_tokens: usize, tokens_per_second: Option<f64>, document_bytes: u64) -> Usage {
        self.timed(Usage {
            prompt_tokens: self.prompt_tokens,
            generated_tokens: generated_tokens as u64,
            graph_runs: self.graph_runs,
            decode_tokens_per_second: tokens_per_second,
            state_bytes: document_bytes + self.state_bytes,
            peak_rss_bytes: peak_rss_bytes(),
            ..Usage::default()
        })
    }

    /// Costs that were counted elsewhere, with this answer's time to its first text.
    pub fn timed(&self, usage: Usage) -> Usage {
        let first_text = self.first_text.unwrap_or_else(Instant::now);
        Usage { ttft_ms: first_text.duration_since(self.begun).as_secs_f64() * 1000.0, ..usage }
    }

    /// The costs with what reading the document cost.
    pub fn of_document(&self, generated: usize, tokens_per_second: Option<f64>, state: &DocumentState) -> Usage {
        Usage {
            document_tokens: state.marks.tokens,
            index_ms: state.marks.index_ms,
            read_ms: state.marks.read_ms,
            index_bytes: state.index.bytes(),
            ..self.usage(generated, tokens_per_second, state.session.as_ref().map_or(0, Session::bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn prompts_and_runs_add_up_and_sessions_do_not() {
        let mut stats = Stats::new(Instant::now());
        for (tokens, graph_runs, bytes) in [(300, 3, 70), (20, 1, 50)] {
            stats.add_prompt(tokens);
            stats.add_run(graph_runs, bytes);
        }
        let usage = stats.usage(0, None, 1000);
        assert_eq!((usage.prompt_tokens, usage.graph_runs, usage.state_bytes), (320, 4, 1050));
        assert_eq!((usage.generated_tokens, usage.decode_tokens_per_second), (0, None));
    }

    #[test]
    fn the_first_text_counts() {
        let mut stats = Stats::new(Instant::now() - Duration::from_secs(60));
        stats.first_text = Some(stats.begun + Duration::from_secs(3));
        stats.text_shown();
        assert_eq!(stats.usage(0, None, 0).ttft_ms, 3000.0);
    }

    #[test]
    fn time_left_is_judged_by_what_is_done() {
        let stats = Stats::new(Instant::now() - Duration::from_secs(60));
        let seconds_left = |done, total| match stats.progress(done, total) {
            AnswerEvent::Progress { tokens_done, tokens_total, seconds_left } if (tokens_done, tokens_total) == (done, total) => {
                seconds_left
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(seconds_left(0, 400), None);
        assert_eq!(seconds_left(400, 400), Some(0.0));
        assert!(seconds_left(100, 400).is_some_and(|left| left >= 180.0), "three times what the first quarter took");
    }
}
