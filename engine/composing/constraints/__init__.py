"""Constraints on a poem: form, tone pattern, rhyme and forced characters. Free of torch."""
