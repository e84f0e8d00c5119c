"""What the engine says of a problem or a setting, in Chinese.

The engine speaks English and knows no screen; the tables of this folder hold its sentences, `English: Chinese`, with a
`{place}` wherever a sentence takes something in. What stands in such a place is looked up among the phrases in turn, and
stays as it is where it is none. A test reads the engine's source and finds every sentence here.
"""

import functools
import re
from collections.abc import Mapping

from poetry_tui.i18n.errors import composing, corpora, models, phrases, runs, settings

SENTENCES: Mapping[str, str] = {
    **composing.SENTENCES,
    **corpora.SENTENCES,
    **models.SENTENCES,
    **runs.SENTENCES,
    **settings.SENTENCES,
}
# What a place may hold, by its name without the digits that keep two of a sentence apart; any other holds anything.
_PLACES = {"character": ".", "number": r"[\d.,]+", "han": "[\u3400-\u9fff]+", "word": r"\S+"}
_PLACE = re.compile(r"\{([a-z_]+)(\d*)\}")


def in_chinese(text: str) -> str:
    """What the engine says in Chinese: a sentence, or a sentence and its hint; what nobody has translated as it is."""
    # Two sentences first: a place at the end of the one would hold the other.
    for end in re.finditer(r"(?<=\.) ", text):
        sentence, hint = (_translated(part, _sentences()) for part in (text[: end.start()], text[end.end() :]))
        if sentence is not None and hint is not None:
            return sentence + hint
    return _translated(text, _sentences()) or text


def _translated(text: str, table: tuple[tuple[re.Pattern[str], str], ...]) -> str | None:
    for pattern, chinese in table:
        if found := pattern.fullmatch(text):
            held = {name: _translated(value, _phrases()) or value for name, value in found.groupdict().items()}
            return chinese.format(**held)
    return None


@functools.cache
def _sentences() -> tuple[tuple[re.Pattern[str], str], ...]:
    return _compiled(SENTENCES)


@functools.cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    return _compiled(phrases.PHRASES)


def _compiled(table: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns for a table's sentences, those that say most of their own first."""
    order = sorted(table, key=lambda english: -len(_PLACE.sub("", english)))
    return tuple((_pattern(english), table[english]) for english in order)


def _pattern(english: str) -> re.Pattern[str]:
    parts: list[str] = []
    start = 0
    for place in _PLACE.finditer(english):
        parts.append(re.escape(english[start : place.start()]))
        parts.append(f"(?P<{place[1]}{place[2]}>{_PLACES.get(place[1], '.+?')})")
        start = place.end()
    return re.compile("".join(parts) + re.escape(english[start:]), re.DOTALL)
