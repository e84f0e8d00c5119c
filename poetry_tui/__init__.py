"""The interface of the poetry studio: a Textual app and the `poetry-tui` command. It loads no torch."""
