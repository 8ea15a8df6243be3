"""A GGUF file → config, weights, tokenizer and prompt; of the package `gguf` only what unpacks numbers is used."""
