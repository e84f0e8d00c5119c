"""Programs that make the tables of `data` about corpora from their poems."""
