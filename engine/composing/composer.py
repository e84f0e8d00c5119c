"""Composing, the front door: a poem glyph by glyph, whole, or as the best of many candidates.

`engine.composing` holds what is behind it: free verse, and verse in a form under any mix of wishes.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence

from engine.composing.constrained import compose_formed, compose_formed_many
from engine.composing.constraints.shape import FREE_VERSE, is_shaped
from engine.composing.free_verse import compose_free, compose_free_many
from engine.composing.results import (
    PARALLELISM_NATS,
    Alternative,
    Composition,
    Finish,
    Glyph,
    judged,
    parallelism_of,
    score_of,
)
from engine.config import ComposeConfig
from engine.corpus.vocabulary import END, is_han
from engine.errors import ComposeError
from engine.model.checkpoint import LoadedModel
from engine.model.devices import all_cores_for
from engine.novelty.novelty import verse_lines
from engine.prosody.forms import form_called

__all__ = [
    "FREE_VERSE",
    "Alternative",
    "Composition",
    "Finish",
    "Glyph",
    "compose",
    "compose_many",
    "compose_poem",
    "finish",
]

# Ranking matters as much as the model. Where few poems are wanted, so many are tried, and so many continuations of each line:
# the best of 8 tried 4 ways a line is 0.3 nats a character likelier than the best of 32, and takes as long.
FEW = 8
LINES_TRIED = 4
# Of more poems each line is written once; of those with characters fixed ahead, which try lines anyway, fewer are tried.
N_TRIED = 32
N_TRIED_AHEAD = 4
# Of free verse, which knows no rules to be ranked by: the best of 24 is 0.3 nats a character likelier than the best of 5.
N_TRIED_FREE = 24


def compose(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int = 0) -> Iterator[Glyph]:
    """Compose a poem, yielding each character as soon as it is certain.

    Free verse and poems with nothing fixed ahead come character by character; where something is, line by line.

    Args:
        config: the wishes, temperature, top-p, seed. The same of all gives the same poem on one device.
        n_alternatives: how many of the likeliest characters to tell with each glyph.

    Raises:
        UsageError: for a form or rhyme that there is not.
        ComposeError: when the model does not know a character, or the wishes contradict each other.
    """
    compose_it = compose_free if _is_free(config) else compose_formed
    return compose_it(loaded, config, n_alternatives)


def finish(glyphs: Iterable[Glyph], loaded: LoadedModel, config: ComposeConfig) -> Composition:
    """Gather the glyphs of one composition into a poem."""
    text, log_p, reason = "", [], None
    for glyph in glyphs:
        text += glyph.character
        log_p.append(-glyph.surprise_nats)
        reason = glyph.finish
    if reason is None:
        raise ComposeError("The composition was broken off before its end.", "Compose again.")
    return _composition(text, log_p, reason, loaded, config, config.seed)


def compose_poem(loaded: LoadedModel, config: ComposeConfig) -> Composition:
    """A whole poem at once."""
    return finish(compose(loaded, config), loaded, config)


def compose_many(
    loaded: LoadedModel,
    config: ComposeConfig,
    n: int,
    *,
    n_tried: int | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> list[Composition]:
    """The best `n` of many poems by `Composition.score`, all written side by side in one batch; those that copy a line come last.

    Of poems that begin alike the best is taken before any other, as far as there are others.

    Each has a seed of its own, counted on from the config's; `compose` gives it again by that seed and its `n_particles`, but
    for the last digit of a product, which may differ between one row and many.

    Args:
        n_tried: how many are written; usually more than `n` where that is small.
        go_on: called again and again while they are written; it may raise to break off.

    Raises:
        UsageError, ComposeError: as `compose`.
    """
    config, usually_tried = _with_effort(config, n)
    n_tried = max(n, usually_tried if n_tried is None else n_tried)
    seeds = [(config.seed + number) % 2**31 for number in range(n_tried)]
    write = compose_free_many if _is_free(config) else compose_formed_many
    with all_cores_for(n_tried * max(1, config.n_particles), loaded.device):
        written = list(write(loaded, config, seeds, go_on))
    poems = []
    for seed, (indices, log_p) in zip(seeds, written, strict=True):
        reason: Finish = "end" if indices[-1] == END else "limit"
        text = loaded.vocabulary.decode(indices)
        poems.append(_composition(text, log_p, reason, loaded, config, seed))
    return _best(poems, n, loaded, n_alike=max(2, len(config.begin) + 1))


def _best(poems: Sequence[Composition], n: int, loaded: LoadedModel, n_alike: int) -> list[Composition]:
    """The best `n`, best first, of which as few as possible have the first `n_alike` characters of a better one.

    By score alone 13 of 30 七绝 from 日 would begin 日日, as one in seven of the poets' does.
    """
    copied = {poem.text for poem in poems if _copies(poem, loaded)}
    ranked = sorted(poems, key=lambda poem: (poem.text in copied, -poem.score))
    openings: set[str] = set()
    ahead: list[int] = []
    behind: list[int] = []
    for rank, poem in enumerate(ranked):
        opening = poem.text[:n_alike]
        # What copies a line stands behind everything, however it begins.
        (behind if opening in openings or poem.text in copied else ahead).append(rank)
        openings.add(opening)
    return [ranked[rank] for rank in sorted((ahead + behind)[:n])]


def _copies(poem: Composition, loaded: LoadedModel) -> bool:
    """Whether a poem holds a line of the training text, which free verse is not held back from."""
    return loaded.lines is not None and bool(loaded.lines.contains(verse_lines(poem.text)).any())


def _is_free(config: ComposeConfig) -> bool:
    """Whether nothing says how long the lines are."""
    return config.form == FREE_VERSE and not is_shaped(config)


def _with_effort(config: ComposeConfig, n: int) -> tuple[ComposeConfig, int]:
    """(the config with the continuations of a line that are tried, how many poems are) for the best `n` poems."""
    if config.form == FREE_VERSE:
        return config, N_TRIED_FREE if _is_free(config) else n
    if config.acrostic or config.acrostic_tail or config.keep:
        return config, N_TRIED_AHEAD
    if n > FEW or config.n_particles == 1:
        return config.replace(n_particles=config.n_particles or 1), N_TRIED
    return config.replace(n_particles=config.n_particles or LINES_TRIED), FEW


def _composition(
    text: str, log_p: list[float], reason: Finish, loaded: LoadedModel, config: ComposeConfig, seed: int
) -> Composition:
    """A poem from its text and ln p of each of its characters and, where the model closed it, of its end."""
    han_logprob = sum(one for character, one in zip(text, log_p, strict=False) if is_han(character))
    poem = Composition(
        config.begin,
        text,
        seed,
        loaded.name,
        sum(log_p),
        reason,
        score=score_of(text, han_logprob),
        n_particles=config.n_particles,
    )
    if config.form == FREE_VERSE:
        return poem
    form = form_called(config.form).in_book(config.rhyme_book)
    order, rhyme, verdicts = judged(text, form, config.tone_order, config.rhyme)
    parallelism = parallelism_of(text, form)
    score = poem.score if parallelism is None else poem.score - PARALLELISM_NATS * (1 - parallelism)
    return dataclasses.replace(
        poem, form=form.key, order=order, rhyme=rhyme, verdicts=verdicts, score=score, parallelism=parallelism
    )
