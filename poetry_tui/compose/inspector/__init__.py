"""The character inspector: alternatives, gates and equations of one character."""
