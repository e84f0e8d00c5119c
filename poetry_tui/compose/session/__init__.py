"""The session: its poems, their revisions, composing, saving. No Textual import but in `saver`, which holds the keys."""
