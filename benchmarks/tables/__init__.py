"""Programs that make the tables of `data/prosody` from their sources."""
