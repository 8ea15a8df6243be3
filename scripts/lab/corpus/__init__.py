"""Generated text and questions about it; the standard library only, every text follows from a seed."""
