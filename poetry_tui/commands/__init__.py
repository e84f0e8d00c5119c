"""The commands of `poetry-tui` that need no engine: a module for each, with `add_parser` and the command's function."""
