"""The rules of verse: tones, rhymes, forms, and what a poem makes of them. Free of torch."""
