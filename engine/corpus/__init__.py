"""Poems: reading them from many kinds of file, cleaning them, keeping them, and turning them into indices."""
