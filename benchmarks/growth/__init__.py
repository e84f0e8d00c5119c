"""Scaling of training with corpus, vocabulary, hidden size and poem length: `make growth`."""
