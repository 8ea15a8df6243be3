"""Questions about real documents: by rule, and by a person."""
