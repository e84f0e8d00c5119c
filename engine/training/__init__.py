"""The training loop and its parts: batches in, checkpoints and events out."""
