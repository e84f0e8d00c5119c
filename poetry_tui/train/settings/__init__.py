"""The settings of the next training as a form."""
