"""What to hold a network's figures against: an n-gram model of the same training text."""
