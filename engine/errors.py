"""Errors that a person reads: one sentence that says what is wrong, one that says what to do."""

# Exit status of what was interrupted: Ctrl-C, a signal, a terminal that is gone.
INTERRUPTED = 130


class StudioError(Exception):
    """What went wrong (`message`) and what to do about it (`hint`), each one sentence for a person.

    The command line prints both without a traceback and exits with `exit_code`.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(StudioError):
    """The request itself makes no sense: an unknown option, a value out of range."""

    exit_code = 2


class CorpusError(StudioError):
    """A corpus or a file of poems cannot be found, read or installed."""


class ModelError(StudioError):
    """A model or checkpoint folder is missing, damaged or does not fit."""


class RunError(StudioError):
    """A run folder is missing, busy, of an unknown version, or cannot be written."""


class ComposeError(StudioError):
    """The wishes for a poem cannot be met."""
