"""The poem pane: the poem, what is known about it, poems of the user."""
