"""The settings form of the next training."""
