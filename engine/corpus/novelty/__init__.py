"""Overlap of poems with the training text: whole lines, runs of characters, reduplications."""
