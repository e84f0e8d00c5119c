"""Widgets of every screen: header, footer, help, palette, and the base of the screens."""
