"""The commands of `poetry-tui` that need no engine: one module each, with `add_parser` and what it runs."""
