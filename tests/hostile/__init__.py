"""Hostile files, names and requests: every reader answers with a value or with one clear sentence."""
