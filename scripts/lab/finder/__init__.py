"""The demo model, from nothing: tokenizer, pretraining, gates."""
