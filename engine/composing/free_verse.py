"""Free verse: unconstrained sampling after a forced prefix, until the model samples END or the poem has `max_chars`.

Shapes: R rows, V vocabulary.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.constraints.prompt import build_prompt
from engine.composing.constraints.request import check_free, forced_prefix
from engine.composing.constraints.rhyme import poem_seed
from engine.composing.constraints.token_prosody import Bools
from engine.composing.decoding.sampling import LogProbs, sample_top_p
from engine.composing.decoding.styles import style_bias
from engine.composing.replies import Token
from engine.composing.results import likeliest, surprisal_nats_of
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from engine.model.checkpoint import LoadedModel
from engine.prosody.text import LINE_MARKS


@dataclass(slots=True)
class _Poem:
    """A free poem during decoding."""

    prefix: Sequence[int]
    max_chars: int
    rng: np.random.Generator
    token_ids: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)

    def is_over(self) -> bool:
        return len(self.token_ids) >= self.max_chars or END in self.token_ids[-1:]


@torch.inference_mode()
def compose_free(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int) -> Iterator[Token]:
    """Sample a free poem; yields each token as soon as it is sampled."""
    poem = _new_poem(loaded.vocabulary, config)
    line, position = 1, 0
    for log_probs in _decode(loaded, config, [poem], build_prompt(config, None, loaded.vocabulary)):
        index, last = len(poem.token_ids) - 1, poem.token_ids[-1]
        character, probability = loaded.vocabulary.character(last), math.exp(poem.log_probs[-1])
        is_mark = not character or character in LINE_MARKS
        position += not is_mark
        yield Token(
            index=index,
            character=character,
            probability=probability,
            surprisal_nats=surprisal_nats_of(probability),
            is_forced=index < len(poem.prefix),
            alternatives=likeliest(log_probs[0], None, loaded.vocabulary, n_alternatives),
            allowed_probability=probability,
            line=line,
            position=0 if is_mark else position,
            finish="end" if last == END else "limit" if poem.is_over() else None,
        )
        if is_mark:
            line, position = line + 1, 0


@torch.inference_mode()
def compose_free_many(
    loaded: LoadedModel,
    config: ComposeConfig,
    seeds: Sequence[int],
    on_progress: Callable[[int, int], None],
    prompt: Sequence[int] | None = None,
) -> list[tuple[list[int], list[float]]]:
    """Sample a free poem for each seed in one batch; returns token ids and ln p of each. Each poem equals the one sampled alone.

    Args:
        on_progress: called before each token with the number of tokens done and its maximum; may raise to abort.
        prompt: replaces the prompt of the config, for example by the control code of a form without its constraints.
    """
    poems = [_new_poem(loaded.vocabulary, config.replace(seed=seed)) for seed in seeds]
    prompt = build_prompt(config, None, loaded.vocabulary) if prompt is None else prompt
    for _ in _decode(loaded, config, poems, prompt, on_progress):
        pass
    return [(poem.token_ids, poem.log_probs) for poem in poems]


def _decode(
    loaded: LoadedModel,
    config: ComposeConfig,
    poems: Sequence[_Poem],
    prompt: Sequence[int],
    on_progress: Callable[[int, int], None] = lambda *_: None,
) -> Iterator[NDArray[np.float32]]:
    """Append tokens to poems of the same prefix until all are complete; yields at each step ln p (R, V) of the R incomplete poems."""
    bias = style_bias(config, loaded.vocabulary)
    state = None
    if prompt[:-1]:
        state = loaded.model.read(torch.tensor([prompt[:-1]], device=loaded.device))[1]
        state = tuple(part.expand(-1, len(poems), -1) for part in state)
    last = [prompt[-1]] * len(poems)
    while poems:
        on_progress(len(poems[0].token_ids), poems[0].max_chars)
        of_all, state = loaded.model.step_log_probs(torch.tensor(last, device=loaded.device), state)  # (R,) -> (R, V)
        log_probs = of_all[:, : loaded.vocabulary.n_predictable].numpy()
        _append_next(poems, log_probs, config, bias)
        yield log_probs
        rows = [row for row, poem in enumerate(poems) if not poem.is_over()]
        if len(rows) < len(poems):
            where = torch.tensor(rows, device=loaded.device, dtype=torch.long)
            state = tuple(part[:, where] for part in state)
            poems = [poems[row] for row in rows]
        last = [poem.token_ids[-1] for poem in poems]


def _new_poem(vocabulary: Vocabulary, config: ComposeConfig) -> _Poem:
    check_free(config)
    text = forced_prefix(config, vocabulary)
    prefix = vocabulary.encode(text)
    rng = np.random.default_rng(poem_seed(config.seed, text))
    return _Poem(prefix, max(config.max_chars, len(prefix)), rng)


def _append_next(
    poems: Sequence[_Poem], log_probs: NDArray[np.float32], config: ComposeConfig, bias: LogProbs | None
) -> None:
    """Append the next token to R poems of equal length and prefix, by ln p (R, V) and the bias of a style."""
    index, prefix = len(poems[0].token_ids), poems[0].prefix
    if index < len(prefix):
        chosen = [prefix[index]] * len(poems)
    else:
        sampled = sample_top_p(
            log_probs if bias is None else log_probs + bias[: log_probs.shape[1]],
            _drawable(log_probs.shape[1], may_end=index > 0),
            config.temperature,
            config.top_p,
            lambda rows: np.array([poems[row].rng.random() for row in rows]),
        )
        chosen = sampled.tolist()
    for poem, one, log_prob in zip(poems, chosen, log_probs[np.arange(len(poems)), chosen].tolist(), strict=True):
        poem.token_ids.append(one)
        poem.log_probs.append(log_prob)


@functools.lru_cache(maxsize=4)
def _drawable(n_tokens: int, *, may_end: bool) -> Bools:
    """The tokens that may be sampled (1, V): all characters, and END if `may_end`."""
    allowed = np.ones((1, n_tokens), np.bool_)
    allowed[:, [PAD, UNKNOWN, BEGIN] if may_end else [PAD, UNKNOWN, BEGIN, END]] = False
    return allowed
