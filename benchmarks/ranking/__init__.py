"""Fit the ranker of a model to readers' marks."""
