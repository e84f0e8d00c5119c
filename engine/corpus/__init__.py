"""Corpora of poems: readers, cleaning, storage, and encoding as token indices."""
