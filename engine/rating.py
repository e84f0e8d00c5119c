"""Poems by the thousand in a form, for judging: constrained, told their form and held to nothing, free, and real ones."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.checkpoint import LoadedModel
from engine.composing.formed import compose_formed_many
from engine.composing.free import compose_free_many
from engine.composing.opening import opening_of
from engine.composing.plan import plan_poem
from engine.config import ComposeConfig
from engine.corpus.library import Corpus
from engine.corpus.poems import Poem, split_of
from engine.errors import ComposeError
from engine.evaluate import evaluate
from engine.prosody.forms import Form
from engine.prosody.rates import form_and_lines
from engine.vocabulary import Vocabulary, is_han

# `told`: the model reads the form before the poem and is held to nothing. `free`: it reads none; of the poems those are
# judged that came out with the form's lines. `real`: held-out poems of its corpus.
Way = Literal["constrained", "told", "free", "real"]

# A begin character is one of so many of the most frequent, and begins so many poems, which are written side by side.
N_BEGINS_TO_DRAW_FROM = 2000
POEMS_A_BEGIN = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """Poems of one way. `n_lost`: those for which no line was found that keeps to the rules and is new.

    mean_logprob: ln p a Han character; `seconds`: what writing them took, None for real ones.
    """

    texts: list[str]
    mean_logprob: float | None
    seconds: float | None = None
    n_lost: int = 0

    @property
    def chars_per_s(self) -> float | None:
        """Characters a second, marks counted."""
        return sum(map(len, self.texts)) / self.seconds if self.seconds else None

    def only(self, form: Form) -> "Sample":
        """Those with the lines of a form; how long they took cannot be told."""
        texts = [text for text in self.texts if form_and_lines(Poem(form.name, "", text))[0] == form]
        return Sample(texts, None)


def write_sample(loaded: LoadedModel, config: ComposeConfig, n_poems: int, way: Way, form: Form | None) -> Sample:
    """Write poems with random begin characters, the same for every way of a form and seed.

    Args:
        config: temperature, top-p, particles, and the first seed.
        form: None for free poems of any shape.
    """
    texts: list[str] = []
    nats = n_han = n_lost = 0.0
    began = time.perf_counter()
    for number, begin in enumerate(_begins(loaded.vocabulary, config, form)):
        n = min(POEMS_A_BEGIN, n_poems - number * POEMS_A_BEGIN)
        if n <= 0:
            break
        key = form.key if form and way == "constrained" else "free"
        wish = config.replace(begin=begin, form=key, seed=config.seed + number * POEMS_A_BEGIN)
        for indices, log_p in _write(loaded, wish, n, form if way == "told" else None):
            text = loaded.vocabulary.decode(indices)
            texts.append(text)
            nats -= sum(one for character, one in zip(text, log_p, strict=False) if is_han(character))
            n_han += sum(map(is_han, text))
        n_lost += n
    seconds = time.perf_counter() - began
    return Sample(texts, -nats / n_han if n_han else None, seconds, int(n_lost) - len(texts))


def real_samples(
    loaded: LoadedModel, corpus: Corpus, forms: Sequence[Form], n_poems: int, seed: int
) -> dict[str, Sample]:
    """By form, as many held-out poems of a corpus as there are up to `n_poems`; a tune is told by its title too."""
    found: dict[str, list[Poem]] = {form.key: [] for form in forms}
    for poem in corpus.poems():
        if split_of(poem) != "train":
            form, _ = form_and_lines(poem)
            if form is not None and form.key in found:
                found[form.key].append(poem)
    chance = random.Random(seed)
    samples = {}
    for key, poems in found.items():
        chosen = chance.sample(poems, min(n_poems, len(poems)))
        logprob = -evaluate(loaded, chosen, ()).nats_per_han_text if chosen else None
        samples[key] = Sample([poem.text for poem in chosen], logprob)
    return samples


def _begins(vocabulary: Vocabulary, config: ComposeConfig, form: Form | None) -> Iterator[str]:
    """Random begin characters, such as a form can begin with."""
    chance = random.Random(config.seed)
    known = [character for character in vocabulary.characters if is_han(character)][:N_BEGINS_TO_DRAW_FROM]
    while True:
        begin = chance.choice(known)
        if form is None or _can_begin(config.replace(begin=begin, form=form.key), vocabulary):
            yield begin


def _can_begin(wish: ComposeConfig, vocabulary: Vocabulary) -> bool:
    try:
        plan_poem(wish, vocabulary)
    except ComposeError:
        return False
    return True


def _write(
    loaded: LoadedModel, wish: ComposeConfig, n_poems: int, told: Form | None
) -> list[tuple[list[int], list[float]]]:
    """Indices and ln p of each poem; one for which no line can be found is left out."""
    seeds = [wish.seed + number for number in range(n_poems)]
    if wish.form == "free":
        opening = None
        if told is not None:
            opening = opening_of(wish, plan_poem(wish.replace(form=told.key), loaded.vocabulary), loaded.vocabulary)
        return compose_free_many(loaded, wish, seeds, lambda: None, opening)
    try:
        return compose_formed_many(loaded, wish, seeds, lambda: None)
    except ComposeError:
        # One poem without a way on ends the whole batch: each is tried alone.
        return (
            [poem for seed in seeds for poem in _write(loaded, wish.replace(seed=seed), 1, None)] if n_poems > 1 else []
        )
