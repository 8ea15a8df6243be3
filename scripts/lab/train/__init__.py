"""S-SFT of any checkpoint: segments, memory, gates."""
