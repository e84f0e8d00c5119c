"""A training run as a folder: its events, files and controls. Imports no torch."""
