"""Composing in a form: one poem token by token, or many in one batch."""

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

from engine.composing.constraints.couplet import upper_line
from engine.composing.constraints.layout import Slot
from engine.composing.constraints.plan import ConstraintPlan, resolve_rhyme
from engine.composing.constraints.prompt import build_prompt
from engine.composing.constraints.request import plan_of
from engine.composing.constraints.rhyme import poem_seed
from engine.composing.constraints.used_words import placements, steered, used_words
from engine.composing.decoding.decoder import ConstrainedDecoder, Guide, StepTrace
from engine.composing.decoding.guides import ParallelGuide, topic_guide
from engine.composing.decoding.particles import Particles
from engine.composing.decoding.styles import StyleGuide, style_bias
from engine.composing.replies import Token
from engine.composing.results import allowed_mass, likeliest, surprisal_nats_of
from engine.config.schema import ComposeConfig
from engine.model.checkpoint import LoadedModel
from engine.prosody.text import FREE_VERSE
from engine.system.errors import ComposeError

# Particles of a poem with characters forced ahead: with 16, the lines before them read as if nothing were forced.
N_PARTICLES = 16
# Maximum rows per batch: beyond it memory grows and speed does not.
MAX_ROWS = 1024
# Minimum rows per thread: fewer rows do not shorten a step.
MIN_ROWS_OF_THREAD = 48

Composed = TypeVar("Composed")


def n_particles(config: ComposeConfig, plan: ConstraintPlan) -> int:
    """Number of particles per poem: as configured; by default `N_PARTICLES` if characters are forced ahead, else 1."""
    return config.n_particles or (N_PARTICLES if plan.forces_ahead else 1)


@torch.inference_mode()
def compose_constrained(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int) -> Iterator[Token]:
    """Compose a poem in a form; yields each token once it is final: one at a time, or line by line.

    With words to use, the poem is complete before its first token is yielded, because a placement of the words may admit no poem.
    """
    if config.use and config.form != FREE_VERSE:
        guided = list(_stream(loaded, steered(config, loaded.vocabulary), n_alternatives))
        if _has_words(config, "".join(token.character for token in guided), loaded):
            yield from guided
        else:
            yield from _first_composed(config, loaded, lambda placed: list(_stream(loaded, placed, n_alternatives)))
        return
    yield from _stream(loaded, config, n_alternatives)


def _stream(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int) -> Iterator[Token]:
    plan = plan_of(config, loaded.vocabulary)
    decoder = _decoder(loaded, config, plan, [config.seed], keep_trace=True)
    prompt = np.array(build_prompt(config, plan, loaded.vocabulary))
    for particles, segment in decoder.decode(prompt[None], plan.groups[None]):
        for slot in segment:
            yield _token(loaded, plan, slot, particles, decoder.trace.pop(slot.index), n_alternatives)


@torch.inference_mode()
def compose_constrained_many(
    loaded: LoadedModel, config: ComposeConfig, seeds: Sequence[int], n: int, on_progress: Callable[[int, int], None]
) -> dict[int, tuple[list[int], list[float]]]:
    """Compose a poem in a form for each seed, in batches; returns token ids and ln p of each poem by seed.

    Poems with a line that cannot be completed, for example for want of another rhyme character, are left out.

    With words to use, it returns the poems that contain them by the topic bias alone; if these are fewer than `n`, it adds poems
    with a placement of the words.

    Args:
        on_progress: called after each segment with the number of segments done and their total; may raise to abort.

    Raises:
        ComposeError: when every poem fails.
    """
    if not config.use or config.form == FREE_VERSE:
        return _decode_many(loaded, config, seeds, on_progress)
    guided = _decode_many(loaded, steered(config, loaded.vocabulary), seeds, on_progress)
    found = {seed: one for seed, one in guided.items() if _has_words(config, loaded.vocabulary.decode(one[0]), loaded)}
    for seed in [one for one in seeds if one not in found][: max(0, n - len(found))]:
        (found[seed],) = _first_composed(
            config.replace(seed=seed),
            loaded,
            lambda placed: list(_decode_many(loaded, placed, [placed.seed], lambda *_: on_progress(1, 1)).values()),
        )
    return found


def _decode_many(
    loaded: LoadedModel, config: ComposeConfig, seeds: Sequence[int], on_progress: Callable[[int, int], None]
) -> dict[int, tuple[list[int], list[float]]]:
    plan = plan_of(config, loaded.vocabulary)
    width = n_particles(config, plan)
    poems: dict[int, tuple[list[int], list[float]]] = {}
    failures: list[ComposeError] = []
    n_at_once = max(1, MAX_ROWS // width)
    n_batches, n_done = math.ceil(len(seeds) / n_at_once), 0
    n_threads = torch.get_num_threads() if loaded.device.type == "cpu" else 1
    for start in range(0, len(seeds), n_at_once):
        batch = seeds[start : start + n_at_once]
        plans = [resolve_rhyme(plan, config.replace(seed=seed)) for seed in batch]
        prompts = np.array([build_prompt(config, one, loaded.vocabulary) for one in plans])
        groups = np.stack([one.groups for one in plans])
        # Threads take whole poems: threads within a matrix product help less, because half of a step is NumPy on one core.
        n_parts = max(1, min(n_threads, len(batch), len(batch) * width // MIN_ROWS_OF_THREAD))
        parts = list(
            itertools.starmap(slice, itertools.pairwise(len(batch) * k // n_parts for k in range(n_parts + 1)))
        )
        decoders = [_decoder(loaded, config, plan, batch[part], keep_trace=False) for part in parts]
        runs = [one.decode(prompts[part], groups[part]) for one, part in zip(decoders, parts, strict=True)]
        last: list[Particles | ComposeError | None] = []
        with ThreadPoolExecutor(n_parts, initializer=torch.set_num_threads, initargs=(n_threads // n_parts,)) as pool:
            for _ in range(decoders[0].n_segments):
                last = list((pool.map if n_parts > 1 else map)(_next_particles, runs))
                failures += [one for one in last if isinstance(one, ComposeError)]
                n_done += 1
                on_progress(n_done, n_batches * decoders[0].n_segments)
        for part, decoder, particles in zip(parts, decoders, last, strict=True):
            if isinstance(particles, Particles):
                token_ids, log_probs = particles.token_ids[::width].tolist(), particles.log_probs[::width].tolist()
                of_seeds = zip(batch[part], token_ids, log_probs, decoder.failed, strict=True)
                poems.update((seed, (ids, nats)) for seed, ids, nats, has_failed in of_seeds if not has_failed)
    if failures and not poems:
        raise failures[-1]
    return poems


@torch.inference_mode()  # the mode is set per thread
def _next_particles(run: Iterator[tuple[Particles, Sequence[Slot]]]) -> Particles | ComposeError | None:
    """Decode the next segment: its particles, the error if all poems fail, or None after the last segment."""
    try:
        return next(run, (None,))[0]
    except ComposeError as error:
        return error


def _has_words(config: ComposeConfig, text: str, loaded: LoadedModel) -> bool:
    """Whether a poem contains every word to use."""
    return all(word in text for word in used_words(config.use, loaded.vocabulary))


def _first_composed(
    config: ComposeConfig, loaded: LoadedModel, compose_placed: Callable[[ComposeConfig], list[Composed]]
) -> list[Composed]:
    """Compose with the first placement of the words to use that admits a poem. Raises ComposeError if none does."""
    failure: ComposeError | None = None
    for placed in placements(config, loaded.vocabulary):
        try:
            return compose_placed(placed.replace(n_particles=max(config.n_particles, N_PARTICLES)))
        except ComposeError as error:
            failure = error
    assert failure is not None  # `placements` yields one, or raises
    raise failure


def _decoder(
    loaded: LoadedModel, config: ComposeConfig, plan: ConstraintPlan, seeds: Sequence[int], *, keep_trace: bool
) -> ConstrainedDecoder:
    constraints = " ".join((plan.form.key, config.begin, config.acrostic, config.acrostic_tail, config.keep))
    if config.couplet:
        topics: Guide | None = ParallelGuide(upper_line(config, loaded.vocabulary), loaded.vocabulary)
    else:
        topics = topic_guide(config, plan, loaded.vocabulary, seeds)
    bias = style_bias(config, loaded.vocabulary)
    guides = (topics, None if bias is None else StyleGuide(bias))
    return ConstrainedDecoder(
        loaded,
        plan,
        [poem_seed(seed, constraints) for seed in seeds],
        n_particles(config, plan),
        config.temperature,
        config.top_p,
        guides=[guide for guide in guides if guide is not None],
        keep_trace=keep_trace,
    )


def _token(
    loaded: LoadedModel, plan: ConstraintPlan, slot: Slot, particles: Particles, trace: StepTrace, n_alternatives: int
) -> Token:
    """The token of row 0 at a slot."""
    token_id, log_probs, allowed = int(particles.token_ids[0, slot.index]), trace.log_probs[0], trace.allowed[0]
    probability = math.exp(log_probs[token_id])
    return Token(
        index=slot.index,
        character=plan.character_at(slot, token_id, loaded.vocabulary),
        probability=probability,
        surprisal_nats=surprisal_nats_of(probability),
        is_forced=slot.index in plan.forced,
        alternatives=likeliest(log_probs, allowed, loaded.vocabulary, n_alternatives),
        allowed_probability=min(1.0, probability / allowed_mass(log_probs, allowed)),
        line=slot.line,
        position=slot.position,
        finish="end" if slot.is_end else None,
    )
