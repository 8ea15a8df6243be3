"""The model as mathematics: what the engine must compute."""
