"""Samples of poems in a form, for evaluation: constrained, conditioned, unconditional, and real ones."""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.composing.constrained import compose_formed_many
from engine.composing.constraints.plan import plan_poem
from engine.composing.free_verse import compose_free_many
from engine.composing.prompt import opening_of
from engine.config import ComposeConfig
from engine.corpus.poem import Poem, han_of, split_of
from engine.corpus.store import Corpus
from engine.corpus.vocabulary import Vocabulary, is_han
from engine.errors import ComposeError
from engine.evaluation.likelihood import evaluate
from engine.model.checkpoint import LoadedModel
from engine.prosody.forms import Form
from engine.prosody.pass_rates import form_and_lines

# `constrained`: every rule of the form is enforced; `acrostic`: given phrases too. `conditioned`: the control code of the form is
# read, nothing is enforced. `unconditional`: none is read; poems that come out with the form's lines are judged. `real`: held-out poems.
SamplingMode = Literal["constrained", "acrostic", "conditioned", "unconditional", "real"]

# A begin character is one of so many of the most frequent, and begins so many poems, which are written side by side.
N_BEGINS_TO_DRAW_FROM = 2000
POEMS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """Poems of one sampling mode. `n_lost`: those for which no line was found that keeps to the rules and is new.

    `logprobs`: ln p of the Han characters of each poem, none for real ones; `mean_logprob`: that of a Han character;
    `seconds`: what writing them took, None where that cannot be told.
    """

    texts: Sequence[str]
    logprobs: Sequence[float] = ()
    mean_logprob: float | None = None
    seconds: float | None = None
    n_lost: int = 0

    @classmethod
    def of(
        cls, texts: Sequence[str], logprobs: Sequence[float], seconds: float | None = None, n_lost: int = 0
    ) -> "Sample":
        n_han = sum(len(han_of(text)) for text in texts)
        return cls(texts, logprobs, sum(logprobs) / n_han if n_han else None, seconds, n_lost)

    @property
    def chars_per_s(self) -> float | None:
        """Characters a second, marks counted."""
        return sum(map(len, self.texts)) / self.seconds if self.seconds else None

    def only(self, form: Form) -> "Sample":
        """Those with the lines of a form."""
        titled = (Poem(form.name, "", text) for text in self.texts)
        fitting = [number for number, poem in enumerate(titled) if form_and_lines(poem)[0] == form]
        return Sample.of([self.texts[one] for one in fitting], [self.logprobs[one] for one in fitting])


Wishes = Iterable[tuple[ComposeConfig, int]]


def random_wishes(vocabulary: Vocabulary, config: ComposeConfig, n_poems: int, form: Form | None) -> Wishes:
    """Random begin characters, such as the form can begin with, and how many poems each; the same for one form and seed.

    Args:
        config: its form is that of the wishes, so that they may be free and still begin as poems in `form` can.
    """
    chance = random.Random(config.seed)
    known = [character for character in vocabulary.characters if is_han(character)][:N_BEGINS_TO_DRAW_FROM]
    for first in range(0, n_poems, POEMS_AT_ONCE):
        begin = chance.choice(known)
        while form is not None and not _can_begin(config.replace(begin=begin, form=form.key), vocabulary):
            begin = chance.choice(known)
        yield config.replace(begin=begin, seed=config.seed + first), min(POEMS_AT_ONCE, n_poems - first)


def acrostic_wishes(config: ComposeConfig, n_poems: int, phrases: Sequence[str]) -> Wishes:
    """Each phrase as an acrostic in turn, until there are so many poems."""
    for first in range(0, n_poems, POEMS_AT_ONCE):
        phrase = phrases[first // POEMS_AT_ONCE % len(phrases)]
        yield config.replace(acrostic=phrase, seed=config.seed + first), min(POEMS_AT_ONCE, n_poems - first)


def write_sample(loaded: LoadedModel, wishes: Wishes, conditioned_on: Form | None = None) -> Sample:
    """Write the poems of some wishes; free ones may be conditioned on a form."""
    texts, logprobs, n_wished = [], [], 0
    began = time.perf_counter()
    for wish, n_poems in wishes:
        n_wished += n_poems
        for indices, log_p in _write(loaded, wish, n_poems, conditioned_on):
            texts.append(loaded.vocabulary.decode(indices))
            logprobs.append(sum(one for character, one in zip(texts[-1], log_p, strict=False) if is_han(character)))
    return Sample.of(texts, logprobs, time.perf_counter() - began, n_wished - len(texts))


def real_samples(
    loaded: LoadedModel, corpus: Corpus, forms: Sequence[Form], n_poems: int, seed: int
) -> dict[str, Sample]:
    """By form, as many held-out poems of a corpus as there are up to `n_poems`; a tune is told by its title too."""
    found: dict[str, list[Poem]] = {form.key: [] for form in forms}
    # Of 排律, those with as many lines as the form here.
    lengths = {form.key: {way.line_lengths for way in (form, *form.variants)} for form in forms}
    for poem in corpus.poems():
        if split_of(poem) != "train":
            form, _ = form_and_lines(poem)
            if form is not None and form.line_lengths in lengths.get(form.key, ()):
                found[form.key].append(poem)
    chance = random.Random(seed)
    samples = {}
    for key, poems in found.items():
        chosen = chance.sample(poems, min(n_poems, len(poems)))
        logprob = -evaluate(loaded, chosen, ()).nats_per_han_text if chosen else None
        samples[key] = Sample([poem.text for poem in chosen], mean_logprob=logprob)
    return samples


def _can_begin(wish: ComposeConfig, vocabulary: Vocabulary) -> bool:
    try:
        plan_poem(wish, vocabulary)
    except ComposeError:
        return False
    return True


def _write(
    loaded: LoadedModel, wish: ComposeConfig, n_poems: int, conditioned_on: Form | None
) -> list[tuple[list[int], list[float]]]:
    """Indices and ln p of each poem; one for which no line can be found is left out."""
    seeds = [wish.seed + number for number in range(n_poems)]
    if wish.form == "free":
        opening = None
        if conditioned_on is not None:
            opening = opening_of(
                wish, plan_poem(wish.replace(form=conditioned_on.key), loaded.vocabulary), loaded.vocabulary
            )
        return compose_free_many(loaded, wish, seeds, lambda: None, opening)
    try:
        return compose_formed_many(loaded, wish, seeds, lambda: None)
    except ComposeError:
        # One poem without a way on ends the whole batch: each is tried alone.
        return (
            [poem for seed in seeds for poem in _write(loaded, wish.replace(seed=seed), 1, None)] if n_poems > 1 else []
        )
