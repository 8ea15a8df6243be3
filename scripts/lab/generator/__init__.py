"""An adapter of a chat model: the short answer out of the sentences it is shown, or that it is not there."""
