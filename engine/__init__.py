"""The recurrent engine: corpora, models, training and composing. It knows no screen."""

__version__ = "0.1.0"
