"""Forms of verse: their definitions, the line types of regulated verse, and how a poem matches a form."""
