"""Favourites: the store, its exports and its screen."""

# Among the settings of a favourite: the user wrote the poem. Here, since the store loads SQLite.
OWN = "own"
