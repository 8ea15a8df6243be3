"""This project's command line and its peers, measured alike, from outside."""
