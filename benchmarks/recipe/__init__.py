"""The experiments behind `docs/recipe.md`: one change at a time, the same processor time for each."""
