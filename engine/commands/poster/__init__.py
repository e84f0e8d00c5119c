"""A poem as a picture: paper, columns or lines of verse, title and seal, written as PNG or SVG. Loads no torch."""
