"""Guided lessons: data in `data/lessons`, shown step by step on the screens of the studio."""
