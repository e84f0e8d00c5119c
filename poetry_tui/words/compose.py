"""Words of the compose screen."""

WORDS: dict[str, tuple[str, str]] = {}
