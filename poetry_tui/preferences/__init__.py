"""Preferences of the user: settings, language, colours, keys, and the glyphs of charts."""
