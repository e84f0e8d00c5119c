"""The experiments behind `docs/experiments.md`: one change at a time, the same processor time for each."""
