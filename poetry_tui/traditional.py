"""Traditional characters for the eye (OpenCC s2t); the text itself stays as the model wrote it."""

from functools import cache
from typing import Any


@cache
def load() -> Any:
    """Load the converter; it reads its tables, so it belongs in a thread."""
    import opencc

    return opencc.OpenCC("s2t")


def faces_of(text: str) -> str:
    """The text in traditional characters, a character for each; as it is until `load` was called."""
    if not load.cache_info().currsize:
        return text
    converted = str(load().convert(text))
    # A phrase may become longer or shorter; then each character is looked up alone.
    return converted if len(converted) == len(text) else "".join(str(load().convert(one))[0] for one in text)
