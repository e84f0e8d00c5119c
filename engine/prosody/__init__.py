"""The rules of verse: tones, rhymes, forms, and the checker that applies them to a poem. Imports no torch."""
