"""Questions through the shipped command line, and what the answers are worth."""
