"""Tokens: vocabulary, control codes, the token cache and batching. Imports no torch."""
