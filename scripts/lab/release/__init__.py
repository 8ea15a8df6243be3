"""What is delivered: packages and notices, written and checked."""
