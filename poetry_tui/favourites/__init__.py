"""Favourites: the store, its exports and its screen."""
