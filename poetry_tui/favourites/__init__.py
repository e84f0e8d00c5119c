"""Favourites: the store, its exports and its screen."""

# Key in the settings of a favourite: the user wrote the poem. Defined here because importing the store loads SQLite.
OWN = "own"
