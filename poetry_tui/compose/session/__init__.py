"""The session: its poems, their revisions, composing, saving. Only `saver`, which has keys, imports Textual."""
