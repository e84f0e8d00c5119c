"""A linear ranker of candidate poems, fitted to readers' marks for one model and kept beside its weights.

Its inputs are a few statistics of ln p and the mean of the model's features over the poem. Readers marked the sense of poems that
share a begin character, from 1 to 10. The ranker orders the poems of one request; its values are not comparable between requests.
`benchmarks.ranking` fits it; docs/experiments.md has its correlation with the marks.

Shapes: N poems, T tokens, V vocabulary, H hidden, F features, K statistics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from engine.corpus.tokens.vocabulary import PAD, Vocabulary
from engine.corpus.usage import n_season_clashes, rare_end_share
from engine.model.char_rnn import CharRNN
from engine.model.metadata import HINT, RANKER, tensor_entries
from engine.prosody.text import han_of, is_han, lines_of
from engine.system.errors import ModelError
from engine.system.files import is_file, write_atomically

STATISTICS = (
    "mean",
    "frequency",
    "least line",
    "least characters",
    "last line",
    "last line but one",
    "rhyme",
    "least rhyme",
    "rhyme character",
    "rare ends",
    "season clashes",
)
N_LEAST_CHARS = 4
# Added to the rank in −ln(rank + offset), the unigram ln p of a character (law of Zipf and Mandelbrot).
RANK_OFFSET = 30
# Maximum rows of logits (rows, V) in memory.
MAX_ROWS_WITH_LOGITS = 1024

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A poem, and ln p of each of its tokens as it was composed, with or without END."""

    text: str
    log_probs: Sequence[float]

    @property
    def han_mean(self) -> float:
        """Mean ln p of the Han characters, in nats; 0 for a text without any."""
        of_han = [one for character, one in zip(self.text, self.log_probs, strict=False) if is_han(character)]
        return sum(of_han) / max(1, len(of_han))


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The states of a model while it reads texts after a prompt.

    `hidden` (N, T + 1, H): the input of the projection before each token and after the last. `tokens` (N, T), padded with `PAD`.
    """

    model: CharRNN
    hidden: Tensor
    tokens: Tensor

    @torch.inference_mode()
    def mean_features(self) -> Floats:
        """Mean features of each text (N, F): the input of the output layer after each token, averaged over the tokens."""
        is_text = self.tokens != PAD
        # The projection is linear, so it may be applied to the mean.
        mean = (self.hidden[:, 1:] * is_text[..., None]).sum(1) / is_text.sum(1).clamp(min=1)[:, None]  # (N, H)
        return self.model.projection(mean).cpu().double().numpy()  # type: ignore[no-any-return]

    @torch.inference_mode()
    def mean_log_probs(self) -> Floats:
        """Mean ln p of the tokens of each text (N,), in nats; no text may be empty."""
        is_text = self.tokens != PAD
        nats = torch.zeros(self.tokens.shape, device=self.tokens.device)
        nats[is_text] = torch.cat(
            [
                nn.functional.cross_entropy(self.model.logits_after(hidden), targets, reduction="none")
                for hidden, targets in zip(
                    torch.split(self.hidden[:, :-1][is_text], MAX_ROWS_WITH_LOGITS),
                    torch.split(self.tokens[is_text], MAX_ROWS_WITH_LOGITS),
                    strict=True,
                )
            ]
        )
        return (-nats.sum(1) / is_text.sum(1)).cpu().double().numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """A linear model of marks. `statistics` (K,) and `features` (F,): the weights of the two groups of inputs."""

    statistics: Floats
    features: Floats

    def marks(self, vocabulary: Vocabulary, poems: Sequence[ScoredText], reading: Reading) -> Floats:
        """Predict the marks of poems (N,), up to a constant: only order and differences have a meaning.

        A poem with fewer than two lines of Han characters has −∞.

        Args:
            reading: the `Reading` of the same poems after BEGIN alone.
        """
        marks = reading.mean_features() @ self.features
        for number, poem in enumerate(poems):
            is_whole = len(_han_lines(poem.text)) > 1
            marks[number] += statistics_of(poem, vocabulary) @ self.statistics if is_whole else -np.inf
        return marks

    def save(self, folder: Path) -> None:
        """Write the ranker into a model's folder."""
        weights = {"statistics": self.statistics, "features": self.features}
        tensors = {name: torch.tensor(value, dtype=torch.float32) for name, value in weights.items()}
        write_atomically(folder / RANKER, save(tensors))


def ranker_of(folder: Path, n_features: int) -> Ranker | None:
    """Read the ranker of a model folder; None if it has none.

    Raises:
        ModelError: when the file is damaged or of another model.
    """
    path = folder / RANKER
    if not is_file(path):
        return None
    shapes = {name: tuple(entry.shape) for name, entry in tensor_entries(path).items()}
    if shapes != {"statistics": (len(STATISTICS),), "features": (n_features,)}:
        raise ModelError("{path} belongs to another model.", HINT, path=path)
    try:
        weights = {name: value.double().numpy() for name, value in load_file(path).items()}
    except (SafetensorError, OSError) as error:
        raise ModelError("{path} is damaged: {error}.", HINT, path=path, error=error) from error
    if not all(np.isfinite(value).all() for value in weights.values()):
        raise ModelError(
            "{path} is damaged: {name} holds values that are no numbers.", HINT, path=path, name="a weight"
        )
    return Ranker(weights["statistics"], weights["features"])


def statistics_of(poem: ScoredText, vocabulary: Vocabulary) -> Floats:
    """The `STATISTICS` of a poem (K,), in nats of ln p per Han character, except the last two, which `engine.corpus.usage` counts.

    A line is scored by its mean; a rhyme by the mean of the last two characters of every second line ("rhyme character": of the last one).
    """
    at_han = [index for index, character in enumerate(poem.text) if is_han(character)]
    log_probs = np.array(poem.log_probs)[at_han]
    ranks = np.array(vocabulary.encode(poem.text))[at_han]
    han_lines = _han_lines(poem.text)
    ends = np.cumsum([len(line) for line in han_lines])
    lines = [line.mean() for line in np.split(log_probs, ends[:-1])]
    rhyme_ends = ends[1::2]
    rhymes = [log_probs[max(0, end - 2) : end].mean() for end in rhyme_ends]
    return np.array(
        [
            log_probs.mean(),
            -np.log(ranks + RANK_OFFSET).mean(),
            min(lines),
            np.sort(log_probs)[:N_LEAST_CHARS].mean(),
            lines[-1],
            lines[-2],
            np.mean(rhymes),
            min(rhymes),
            log_probs[rhyme_ends - 1].mean(),
            rare_end_share(han_lines),
            n_season_clashes(han_lines),
        ]
    )


@torch.inference_mode()
def read_texts(
    model: CharRNN, vocabulary: Vocabulary, prompts: Sequence[Sequence[int]], texts: Sequence[str]
) -> list[Reading]:
    """Read texts after each of several prompts, which begin with BEGIN, in one batch; returns one reading per prompt."""
    device = model.output_bias.device
    rows = [vocabulary.encode(text) for text in texts]
    grid = torch.full((len(rows), max(map(len, rows))), PAD)
    for number, row in enumerate(rows):
        grid[number, : len(row)] = torch.tensor(row, dtype=torch.long)
    tokens = grid.to(device)
    # Each prompt is read once.
    befores, states = zip(*(model.read(torch.tensor([prompt], device=device)) for prompt in prompts), strict=True)
    before = torch.cat([hidden[:, -1:].expand(len(rows), -1, -1) for hidden in befores])
    state = tuple(
        torch.cat([part.expand(-1, len(rows), -1) for part in parts], 1) for parts in zip(*states, strict=True)
    )
    hidden = before
    if tokens.shape[1]:
        hidden = torch.cat((before, model.read(tokens.repeat(len(prompts), 1), state)[0]), dim=1)
    return [Reading(model, one, tokens) for one in torch.split(hidden, len(rows))]


def _han_lines(text: str) -> list[str]:
    return [han for han in map(han_of, lines_of(text)) if han]
