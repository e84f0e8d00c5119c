"""How training grows with the corpus, the vocabulary, the network and the poems: `make growth`."""
