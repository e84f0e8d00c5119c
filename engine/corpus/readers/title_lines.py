"""Lines `title:content`: where the title ends, and when a colon is one within the verse."""

import re

from engine.corpus.readers.headings import without_number
from engine.corpus.readers.verse_lines import is_even, n_han, usual_length

_COLON = re.compile("[:：]")
_MAX_TITLE_CHARS = 60
_HAN_OF_A_LINE = 4


def has_title(line: str) -> bool:
    """Whether the line reads `title:content`; a colon within verse has verse before it, or little after it."""
    line = without_number(line)
    found = _COLON.search(line)
    if found is None:
        return False
    title, content = line[: found.start()], line[found.end() :]
    return len(title) <= _MAX_TITLE_CHARS and not _is_verse_before(title, content) and n_han(content) >= _HAN_OF_A_LINE


def split_title(line: str) -> tuple[str, str]:
    """Title and content of a line; "" and the line where it has no title."""
    if not has_title(line):
        return "", line.strip()
    found = _COLON.search(line)
    assert found is not None
    return line[: found.start()].strip(), line[found.end() :].strip()


def _is_verse_before(title: str, content: str) -> bool:
    """Whether a title is verse: cut by marks into lines as long as those of the content.

    Titles have marks too: 相和歌辞。江南曲 is not even, and 丰年多庆，九日示怀 is, but before lines of five.
    """
    return is_even(title) and usual_length(title) == usual_length(content)
