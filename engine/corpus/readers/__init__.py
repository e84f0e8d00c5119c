"""Readers of files of poems in many formats, as raw poems."""
