"""The experiment report: what runs were, how they went and what they write, as Markdown, HTML and curves."""
