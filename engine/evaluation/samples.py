"""Samples of poems in a form, for evaluation: constrained, conditioned, unconditional, and real ones."""

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.composing.constrained import compose_constrained_many
from engine.composing.constraints.plan import plan_poem
from engine.composing.constraints.prompt import build_prompt
from engine.composing.free_verse import compose_free_many
from engine.config.schema import ComposeConfig
from engine.corpus.corpus import Corpus, split_of
from engine.corpus.poem import Poem
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.evaluation.likelihood import evaluate
from engine.model.checkpoint import LoadedModel
from engine.prosody.forms.definitions import Form
from engine.prosody.pass_rates import form_and_lines
from engine.prosody.text import FREE_VERSE, han_of, is_han
from engine.system.errors import ComposeError

# `constrained`: every rule of the form is enforced. `acrostic`: given acrostics too. `conditioned`: the prompt has the form's control
# code, nothing is enforced. `unconditional`: no control code; poems that happen to have the form's lines count. `real`: held-out poems.
SamplingMode = Literal["constrained", "acrostic", "conditioned", "unconditional", "real"]

# Begin characters are sampled from this many of the most frequent ones.
N_FREQUENT_BEGINS = 2000
# Poems per begin character.
BATCH_SIZE = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """Poems of one sampling mode. `n_lost`: the number of poems that failed, for lack of a new line that satisfies the constraints.

    `logprobs`: ln p of the Han characters of each poem, empty for real ones; `mean_logprob`: the mean per Han character;
    `seconds`: wall-clock time of composing, None for real poems.
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
        """Characters per second, marks included."""
        return sum(map(len, self.texts)) / self.seconds if self.seconds else None

    def only(self, form: Form) -> "Sample":
        """The poems with the lines of a form."""
        titled = (Poem(form.name, "", text) for text in self.texts)
        fitting = [number for number, poem in enumerate(titled) if form_and_lines(poem)[0] == form]
        return Sample.of([self.texts[one] for one in fitting], [self.logprobs[one] for one in fitting])


# Requests, each with its number of poems.
Requests = Iterable[tuple[ComposeConfig, int]]


def random_requests(vocabulary: Vocabulary, config: ComposeConfig, n_poems: int, form: Form | None) -> Requests:
    """Requests with random begin characters that `form` admits; equal for equal form and seed.

    Args:
        config: the request to vary. Its form may differ from `form`, such as free verse with the begin characters of a form.
    """
    rng = random.Random(config.seed)
    known = [character for character in vocabulary.characters if is_han(character)][:N_FREQUENT_BEGINS]
    for first in range(0, n_poems, BATCH_SIZE):
        begin = rng.choice(known)
        while form is not None and not _can_begin(config.replace(begin=begin, form=form.key), vocabulary):
            begin = rng.choice(known)
        yield config.replace(begin=begin, seed=config.seed + first), min(BATCH_SIZE, n_poems - first)


def acrostic_requests(config: ComposeConfig, n_poems: int, phrases: Sequence[str]) -> Requests:
    """Requests for `n_poems` poems, with the phrases in turn as acrostics."""
    for first in range(0, n_poems, BATCH_SIZE):
        phrase = phrases[first // BATCH_SIZE % len(phrases)]
        yield config.replace(acrostic=phrase, seed=config.seed + first), min(BATCH_SIZE, n_poems - first)


def compose_sample(loaded: LoadedModel, requests: Requests, conditioned_on: Form | None = None) -> Sample:
    """Compose the poems of requests. `conditioned_on`: the form whose control code precedes free verse."""
    texts, logprobs, n_requested = [], [], 0
    began = time.perf_counter()
    for request, n_poems in requests:
        n_requested += n_poems
        for token_ids, log_probs in _write(loaded, request, n_poems, conditioned_on):
            texts.append(loaded.vocabulary.decode(token_ids))
            logprobs.append(sum(one for character, one in zip(texts[-1], log_probs, strict=False) if is_han(character)))
    return Sample.of(texts, logprobs, time.perf_counter() - began, n_requested - len(texts))


def real_samples(
    loaded: LoadedModel, corpus: Corpus, forms: Sequence[Form], n_poems: int, seed: int
) -> dict[str, Sample]:
    """At most `n_poems` held-out poems of a corpus for each form, by key; a 词 is recognised by its title too."""
    found: dict[str, list[Poem]] = {form.key: [] for form in forms}
    # 排律 only with the form's number of lines.
    lengths = {form.key: {variant.line_lengths for variant in (form, *form.variants)} for form in forms}
    for poem in corpus.poems():
        if split_of(poem) != "train":
            form, _ = form_and_lines(poem)
            if form is not None and form.line_lengths in lengths.get(form.key, ()):
                found[form.key].append(poem)
    rng = random.Random(seed)
    samples = {}
    for key, poems in found.items():
        chosen = rng.sample(poems, min(n_poems, len(poems)))
        logprob = -evaluate(loaded, chosen, ()).nats_per_han_text if chosen else None
        samples[key] = Sample([poem.text for poem in chosen], mean_logprob=logprob)
    return samples


def _can_begin(request: ComposeConfig, vocabulary: Vocabulary) -> bool:
    try:
        plan_poem(request, vocabulary)
    except ComposeError:
        return False
    return True


def _write(
    loaded: LoadedModel, request: ComposeConfig, n_poems: int, conditioned_on: Form | None
) -> list[tuple[list[int], list[float]]]:
    """Token ids and ln p of each poem; failed poems are left out."""
    seeds = [request.seed + number for number in range(n_poems)]
    if request.form == FREE_VERSE:
        prompt = None
        if conditioned_on is not None:
            prompt = build_prompt(
                request, plan_poem(request.replace(form=conditioned_on.key), loaded.vocabulary), loaded.vocabulary
            )
        return compose_free_many(loaded, request, seeds, lambda *_: None, prompt)
    try:
        return list(compose_constrained_many(loaded, request, seeds, len(seeds), lambda *_: None).values())
    except ComposeError:
        return []
