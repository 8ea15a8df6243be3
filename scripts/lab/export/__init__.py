"""Checkpoint → model folder."""
