"""Processes, signals, streams and names: what the engine asks of the operating system."""

__version__ = "0.1.0"
