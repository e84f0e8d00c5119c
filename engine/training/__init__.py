"""The training loop and its parts: trainer, curriculum, previews, probes, distributed workers."""
