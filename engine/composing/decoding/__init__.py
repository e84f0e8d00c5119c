"""Decoding many poems in one batch: particles, sampling, masks of allowed tokens, guides towards a topic."""
