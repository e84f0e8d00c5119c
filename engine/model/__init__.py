"""The character network, its cells and layers, and models on disk."""
