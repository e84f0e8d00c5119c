"""A training run as a folder: its events, its files, its controls. Free of torch."""
