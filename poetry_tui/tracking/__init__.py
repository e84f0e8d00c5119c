"""Training runs as the studio reads and controls them. Knows no Textual."""
