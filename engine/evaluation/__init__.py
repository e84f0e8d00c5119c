"""Likelihood, verse quality and n-gram baselines of models."""
