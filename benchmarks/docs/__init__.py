"""The generated pages of the guide: `make docs`."""
