"""The followed run: headline, figures, curves, predictions, samples, log, comparison."""
