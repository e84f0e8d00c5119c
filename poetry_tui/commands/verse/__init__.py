"""Commands that judge verse: check, forms, novelty."""
