"""Regulated verse (近体诗): line types, tone faults, licences and rhymes."""
