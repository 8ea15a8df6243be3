"""An encoder that finds what is asked."""
