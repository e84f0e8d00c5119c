"""Posters: a poem as a picture with paper, columns or lines of verse, title and seal, as PNG or SVG. Imports no torch."""
