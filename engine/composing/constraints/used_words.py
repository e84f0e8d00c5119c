"""Words to use: their placements in a form, as kept texts with blanks. Imports no torch.

Placements are found by depth-first search: word by word, in a random order of places; `plan_poem` checks each partial placement
against the form's tone patterns and rhymes.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from engine.composing.constraints.begin_variants import fold_begin
from engine.composing.constraints.forced_characters import BLANK, forced_characters
from engine.composing.constraints.layout import lay_out_slots
from engine.composing.constraints.plan import plan_poem
from engine.composing.constraints.rhyme import poem_seed
from engine.composing.constraints.tone_patterns import fit_tone_patterns
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.control_codes import KEYWORD, TITLE
from engine.corpus.tokens.keywords import MAX_KEYWORD_CHARS, marked_keywords, split_keywords
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.prosody.forms.definitions import Form, form_called
from engine.prosody.text import is_han
from engine.system.errors import ComposeError, Message
from engine.system.names import shown

MAX_WORDS = 4
# Maximum placements per request; they are tried in turn until one admits a poem.
MAX_PLACEMENTS = 8
# Maximum partial placements per search; a plan takes a few milliseconds.
MAX_TRIES = 400
# More licences than any poem needs.
MANY = 10_000

# The characters of each line, `BLANK` for each one to compose.
Grid = tuple[str, ...]


def placements(config: ComposeConfig, vocabulary: Vocabulary) -> Iterator[ComposeConfig]:
    """Yield at most `MAX_PLACEMENTS` requests whose kept text contains the words to use, in an order given by the seed.

    Raises:
        ComposeError: for a word that is not in the vocabulary, or words that fit nowhere.
    """
    words = used_words(config.use, vocabulary)
    config = steered(config, vocabulary).replace(use="")
    form = form_called(config.form).in_book(config.rhyme_book)
    plan_poem(config, vocabulary)  # raises if the other constraints contradict each other
    rng = random.Random(poem_seed(config.seed, " ".join((form.key, *words))))
    grid, n_licences = _kept(config, form, vocabulary), partial(_n_licences, config, vocabulary)
    # Longest first: it has the fewest places.
    ordered = sorted(words, key=len, reverse=True)
    n_found = 0
    # First with no more licences than the request needs without the words.
    for max_licences in (n_licences(grid), MANY):
        for placed in _placed(ordered, grid, n_licences, max_licences, rng, [MAX_TRIES]):
            yield config.replace(keep="/".join(placed))
            n_found += 1
            if n_found == MAX_PLACEMENTS:
                return
    if not n_found:
        raise _nowhere(ordered, grid, n_licences, form, rng)


def used_words(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The requested words without duplicates, folded to the vocabulary. Raises ComposeError for too many or invalid words."""
    words = list(dict.fromkeys(split_keywords(text)))
    if len(words) > MAX_WORDS:
        raise ComposeError(
            Message("{n} words are more than a poem is made to use.", n=len(words)),
            Message("Give one to {n} of them.", n=MAX_WORDS),
        )
    for word in text.split():
        if not all(map(is_han, "".join(split_keywords(word)))):
            raise ComposeError("{word} is no Chinese word.", "Give words such as 琵琶 or 秋.", word=shown(word))
    return tuple(dict.fromkeys(fold_begin(word, vocabulary) for word in words))


def with_marked(config: ComposeConfig) -> ComposeConfig:
    """The request with its marked keywords (琵琶!) moved to the words to use."""
    marked = marked_keywords(config.keywords)
    if not marked:
        return config
    return config.replace(use=" ".join((config.use, *marked)), keywords=" ".join(split_keywords(config.keywords)))


def steered(config: ComposeConfig, vocabulary: Vocabulary) -> ComposeConfig:
    """The request with its words to use as keywords too, so that the poem leads up to them; unchanged if it has a title or keywords.

    Raises:
        ComposeError: for a word that is not in the vocabulary.
    """
    words = used_words(config.use, vocabulary)
    is_trained = vocabulary.tag(KEYWORD) is not None or vocabulary.tag(TITLE) is not None
    if config.title or config.keywords or not is_trained or any(len(word) > MAX_KEYWORD_CHARS for word in words):
        return config
    return config.replace(keywords=" ".join(words))


def _kept(config: ComposeConfig, form: Form, vocabulary: Vocabulary) -> Grid:
    """The grid of the characters that the request forces already, by any field."""
    slots = lay_out_slots(form)
    lines = [[BLANK] * length for length in form.line_lengths]
    for one in forced_characters(config, form, slots, vocabulary).values():
        lines[one.slot.line - 1][one.slot.position - 1] = one.character
    return tuple("".join(line) for line in lines)


def _placed(
    words: Sequence[str],
    grid: Grid,
    n_licences: Callable[[Grid], float],
    max_licences: float,
    rng: random.Random,
    tries: list[int],
) -> Iterator[Grid]:
    """Yield grids that contain all words. `tries`: a list of one number, the partial placements left to try."""
    if not words:
        yield grid
        return
    word, *others = words
    for candidate in _grids_with(word, grid, rng):
        if tries[0] <= 0:
            return
        tries[0] -= 1
        if n_licences(candidate) <= max_licences:
            yield from _placed(others, candidate, n_licences, max_licences, rng, tries)


def _grids_with(word: str, grid: Grid, rng: random.Random) -> list[Grid]:
    """The grids with the word added at each possible place; places that cross no pause, and in empty lines, come first."""
    if any(word in line for line in grid):
        return [grid]
    ranked = []
    for number, line in enumerate(grid):
        for start in range(len(line) - len(word) + 1):
            end = start + len(word)
            if all(old in (BLANK, new) for old, new in zip(line[start:end], word, strict=True)):
                crosses = any(start < pause < end for pause in _pauses(len(line)))
                is_shared = line != BLANK * len(line)
                placed = (*grid[:number], line[:start] + word + line[end:], *grid[number + 1 :])
                ranked.append((crosses, is_shared, rng.random(), placed))
    return [placed for *_, placed in sorted(ranked)]


def _pauses(length: int) -> range:
    """The pauses of a line, as the number of characters before each: 2 in a line of 5, 2 and 4 in a line of 7."""
    return range(2, length - 1, 2)


def _n_licences(config: ComposeConfig, vocabulary: Vocabulary, grid: Grid) -> float:
    """The number of licences and deviations that the characters of a grid need; infinite if the form does not admit them."""
    try:
        plan = plan_poem(config.replace(keep="/".join(grid)), vocabulary)
    except ComposeError:
        return math.inf
    return fit_tone_patterns(config.tone_pattern, plan.form, plan.slots, plan.forced)[0].n_licences


def _nowhere(
    words: Sequence[str], grid: Grid, n_licences: Callable[[Grid], float], form: Form, rng: random.Random
) -> ComposeError:
    """The error that names a word without a place, or all words if each fits alone."""
    for word in words:
        if all(n_licences(candidate) > MANY for candidate in _grids_with(word, grid, rng)):
            return ComposeError(
                "The word {word} fits no line of {form}: tones, rhyme or given characters do not allow it.",
                "Choose another word, form or rhyme.",
                form=form.name,
                word=word,
            )
    return ComposeError(
        "The words {words} do not fit into one {form} together.",
        "Give fewer words, or choose another form or rhyme.",
        form=form.name,
        words=tuple(words),
    )
