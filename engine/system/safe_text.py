"""Text of unknown origin on its way to a person: nothing in it may steer a terminal, fill the screen, or fail to be encoded."""

# As much of a value as a sentence can hold.
_MAX_SHOWN = 60


def shown(value: object) -> str:
    """A value within a sentence: as Python writes it, which escapes what cannot be printed, and cut where it is long."""
    if isinstance(value, str):
        value = value[: _MAX_SHOWN + 1]
    elif isinstance(value, int) and abs(value) >= 10**_MAX_SHOWN:
        return f"a number of more than {_MAX_SHOWN} digits"  # Python refuses to write one of some thousands
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN + 2 else f"{text[:_MAX_SHOWN]}…"


def printable(text: str) -> str:
    """The text in one line, without anything that could steer a terminal: escapes, line ends, marks of direction, surrogates."""
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return "\ufffd" if "\ud800" <= character <= "\udfff" else " "


def brief(text: str, max_chars: int = 300) -> str:
    """The text in one line, cut where it is longer than a person reads."""
    return printable(text if len(text) <= max_chars else f"{text[:max_chars]}…")
