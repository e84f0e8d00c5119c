"""Verse in a form: one poem glyph by glyph, or many at once."""

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from engine.composing.constraints.layout import Step
from engine.composing.constraints.plan import Plan, settled
from engine.composing.constraints.shape import plan_of
from engine.composing.decoder import Seen, Writer
from engine.composing.particles import Rows
from engine.composing.prompt import opening_of
from engine.composing.results import Glyph, likeliest, share_of
from engine.composing.seeds import stream_of
from engine.config import ComposeConfig
from engine.model.checkpoint import LoadedModel

# So many continuations of a line make one that leads up to what is fixed ahead read as if nothing were.
N_PARTICLES = 16
# Rows in one batch: more take more memory than time is won.
MOST_ROWS = 1024


def n_particles(config: ComposeConfig, plan: Plan) -> int:
    """How many continuations of a line are tried: as many as are wished for, else several where characters are fixed ahead."""
    return config.n_particles or (N_PARTICLES if plan.fixes_ahead else 1)


@torch.inference_mode()
def compose_formed(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int) -> Iterator[Glyph]:
    """Write a poem in a form, yielding its characters as they become certain: one by one, or a line at a time."""
    plan = plan_of(config, loaded.vocabulary)
    writer = _writer(loaded, config, plan, [config.seed], remember=True)
    opening = np.array(opening_of(config, plan, loaded.vocabulary))
    for rows, stretch in writer.write(opening[None], plan.groups[None]):
        for step in stretch:
            yield _glyph(loaded, plan, step, rows, writer.seen.pop(step.index), n_alternatives)


@torch.inference_mode()
def compose_formed_many(
    loaded: LoadedModel, config: ComposeConfig, seeds: Sequence[int], go_on: Callable[[], None]
) -> list[tuple[list[int], list[float]]]:
    """(indices, ln p of each) of a poem in a form for each seed, side by side.

    `go_on` is called after each stretch, and may raise to break off.
    """
    plan = plan_of(config, loaded.vocabulary)
    width = n_particles(config, plan)
    written: list[tuple[list[int], list[float]]] = []
    at_once = max(1, MOST_ROWS // width)
    for start in range(0, len(seeds), at_once):
        some = seeds[start : start + at_once]
        plans = [settled(plan, seed, config.begin) for seed in some]
        openings = np.array([opening_of(config, one, loaded.vocabulary) for one in plans])
        writer = _writer(loaded, config, plan, some, remember=False)
        rows = None
        for rows, _ in writer.write(openings, np.stack([one.groups for one in plans])):  # noqa: B007 - the last are wanted
            go_on()
        assert rows is not None
        written += zip(rows.tokens[::width].tolist(), rows.log_p[::width].tolist(), strict=True)
    return written


def _writer(loaded: LoadedModel, config: ComposeConfig, plan: Plan, seeds: Sequence[int], *, remember: bool) -> Writer:
    wish = " ".join((plan.form.key, config.begin, config.acrostic, config.acrostic_tail, config.keep))
    return Writer(
        loaded,
        plan,
        [stream_of(seed, wish) for seed in seeds],
        n_particles(config, plan),
        config.temperature,
        config.top_p,
        remember=remember,
    )


def _glyph(loaded: LoadedModel, plan: Plan, step: Step, rows: Rows, seen: Seen, n_alternatives: int) -> Glyph:
    """What the first row wrote at a step."""
    token, log_p, allowed = int(rows.tokens[0, step.index]), seen.log_p[0], seen.allowed[0]
    probability = math.exp(log_p[token])
    return Glyph(
        index=step.index,
        character=loaded.vocabulary.character(token),
        probability=probability,
        given=step.index in plan.fixed,
        finish="end" if step.is_end else None,
        alternatives=likeliest(log_p, allowed, loaded.vocabulary, n_alternatives),
        line=step.line,
        position=step.position,
        allowed_probability=min(1.0, probability / share_of(log_p, np.asarray(allowed))),
    )
