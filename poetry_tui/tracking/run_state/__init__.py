"""The state of a run, folded from its events. Pure: no clock, no file."""
