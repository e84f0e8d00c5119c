"""Checks that take too long for every day: `make soak`."""
