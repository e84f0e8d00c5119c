"""Verse on the screen: typesetting, traditional characters, tone annotations."""
