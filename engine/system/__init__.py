"""Processes, signals, streams and names: what the engine asks of the operating system."""
