"""The client of the composing service."""
