"""The session: its poems, their revisions, composing, saving. No Textual import."""
