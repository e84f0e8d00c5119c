"""The poem pane: the poem, the facts about it, poems of the user."""
