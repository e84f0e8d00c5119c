"""The forms, tone patterns, rhyme books and rhymes on offer. Reads the tables of the prosody, so it belongs in a thread."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.prosody.forms.definitions import Form, forms, named_with_lines
from engine.prosody.rhymes import names_of, rhyme_groups
from engine.prosody.text import RhymeBook

# Verse without a form, and the lower line of a couplet (对联), whose upper line is typed as the begin.
COUPLET = "couplet"
# The last five parts of 词林正韵 have entering tones only.
_N_PARTS_WITH_LEVEL_TONES = 14
# Numbers of lines of the 排律 on offer; the command line accepts others.
_N_LINES_OF_PAILU = (10, 12, 16, 20, 24, 30, 40)
_BOOKS_OF_VERSE: tuple[RhymeBook, ...] = ("pingshui", "cilin", "xinyun")
_BOOKS_OF_TUNES: tuple[RhymeBook, ...] = ("cilin", "xinyun")


@dataclass(frozen=True, slots=True)
class FormChoice:
    """A form's key and name, and its options: tone patterns, rhyme books, and the rhymes of each book.

    `rhymes_by_book`: the names of a book's rhymes; the first book is the form's own.
    """

    key: str
    name: str
    tone_patterns: tuple[str, ...]
    rhymes_by_book: Mapping[RhymeBook, tuple[str, ...]]

    @property
    def books(self) -> tuple[RhymeBook, ...]:
        return tuple(self.rhymes_by_book)


def form_choices() -> tuple[FormChoice, ...]:
    """Every form, the regulated ones first; 排律 once for each number of lines on offer."""
    return tuple(choice for form in forms() for choice in _choices(form))


def _choices(form: Form) -> Iterator[FormChoice]:
    books = _BOOKS_OF_VERSE if form.is_regulated else _BOOKS_OF_TUNES
    rhymes = {book: _rhymes(form.in_book(book)) for book in books}
    tone_patterns = tuple(tone_pattern.name for tone_pattern in form.tone_patterns)
    if not form.takes_n_lines:
        yield FormChoice(form.key, form.name, tone_patterns, rhymes)
        return
    for n_lines in _N_LINES_OF_PAILU:
        # The first four letters name the tone pattern of a 排律 of any length.
        firsts = tuple(name[:4] for name in tone_patterns)
        yield FormChoice(named_with_lines(form.key, n_lines), f"{form.name} {n_lines} 句", firsts, rhymes)


def _rhymes(form: Form) -> tuple[str, ...]:
    if form.rhyme_system == "pingshui":
        return tuple(group.name for group in rhyme_groups() if group.is_level == form.rhymes_level)
    names = names_of(form.rhyme_system)
    is_level = all(position.is_level for tone_pattern in form.tone_patterns for position in tone_pattern.rhymes)
    return names[:_N_PARTS_WITH_LEVEL_TONES] if form.rhyme_system == "cilin" and is_level else names
