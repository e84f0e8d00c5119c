"""What a model's poems owe to the text that it was trained on: whole lines, runs of characters, reduplications."""
