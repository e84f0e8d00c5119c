"""The interface to the operating system: errors, files, names, paths, processes, signals and streams."""

__version__ = "0.1.0"
