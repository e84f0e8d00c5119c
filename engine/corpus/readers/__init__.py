"""Readers: files of many formats as raw poems."""
