"""Forms of verse: definitions, the line types of regulated verse, and the match of a poem with a form."""
