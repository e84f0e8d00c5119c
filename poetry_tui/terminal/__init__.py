"""The terminal below Textual: driver, hang-up, pastes, clipboard."""
