"""Constraints on a poem: form, tone pattern, rhyme and forced characters. Imports no torch."""
