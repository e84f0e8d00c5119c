"""Read, control, compare and report training runs. Knows no Textual."""
