"""A linear ranker of candidate poems, fitted to readers' marks for one model and kept beside its weights.

It sees a few statistics of ln p and the mean of the model's own features over the poem. Readers gave marks of 1 to 10 for sense
to poems of one beginning; the ranker orders the poems of one request, its values are not comparable between requests.
`benchmarks.ranking` fits it; docs/experiments.md has its correlation with the marks.

Shapes: N poems, T tokens, F features, K statistics.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from engine.corpus.tokens.vocabulary import BEGIN, PAD, Vocabulary
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
# Marks that a candidate gains: with each nat a token by which title and keywords make it likelier than without them; with each keyword
# that stands in it, and with a word of the field of one that does not; with each of the first words of its title's fields.
MARKS_PER_TOPIC_NAT = 20.0
MARKS_PER_KEYWORD, MARKS_PER_KEYWORD_FIELD = 1.5, 0.7
MARKS_PER_TITLE_WORD, MAX_TITLE_WORDS = 0.4, 3
# With each nat a character of a style's bias.
MARKS_PER_STYLE_NAT = 4.0
# Added to the rank in −ln(rank + offset), which stands for a character's ln p alone (Zipf and Mandelbrot).
RANK_OFFSET = 30
# Poems whose logits (T, V) are in memory at once.
MAX_ROWS_WITH_LOGITS = 32

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A poem and ln p of each of its tokens, END included or not, as it was composed."""

    text: str
    log_probs: Sequence[float]

    @property
    def han_mean(self) -> float:
        """The mean of ln p over the Han characters, in nats; 0 where there is none."""
        of_han = [one for character, one in zip(self.text, self.log_probs, strict=False) if is_han(character)]
        return sum(of_han) / max(1, len(of_han))


@dataclass(frozen=True, slots=True, eq=False)
class Ranker:
    """`statistics` (K,) and `features` (F,): the weights of each input in the mark that is predicted."""

    statistics: Floats
    features: Floats

    def marks(self, model: CharRNN, vocabulary: Vocabulary, poems: Sequence[ScoredText]) -> Floats:
        """The predicted marks of poems (N,), up to a constant: only their order and differences count.

        A poem without two lines of Han characters has −∞.
        """
        whole = [number for number, poem in enumerate(poems) if len(_han_lines(poem.text)) > 1]
        marks = np.full(len(poems), -np.inf)
        if whole:
            chosen = [poems[number] for number in whole]
            statistics = np.array([statistics_of(poem, vocabulary) for poem in chosen])
            features = mean_features(model, vocabulary, [poem.text for poem in chosen])
            marks[whole] = statistics @ self.statistics + features @ self.features
        return marks

    def save(self, folder: Path) -> None:
        """Write the ranker into a model's folder."""
        weights = {"statistics": self.statistics, "features": self.features}
        tensors = {name: torch.tensor(value, dtype=torch.float32) for name, value in weights.items()}
        write_atomically(folder / RANKER, save(tensors))


def ranker_of(folder: Path, n_features: int) -> Ranker | None:
    """The ranker in a model's folder; None where there is none.

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
    """The `STATISTICS` of a poem (K,), of ln p in nats per Han character.

    Of lines their means; of the rhyme, at every second line's end, the last two characters or the last one. The last two are the
    share and the number that `engine.corpus.usage` counts.
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
def mean_features(model: CharRNN, vocabulary: Vocabulary, texts: Sequence[str]) -> Floats:
    """The mean over the tokens of each text, read without control codes, of what the output layer reads (N, F)."""
    tokens = [vocabulary.encode(text) for text in texts]
    lengths = torch.tensor([len(one) for one in tokens])
    grid = torch.full((len(tokens), int(lengths.max()) + 1), PAD)
    for row, one in enumerate(tokens):
        grid[row, : len(one) + 1] = torch.tensor([BEGIN, *one])
    features, _ = model.features(grid.to(model.output_bias.device))  # (N, T + 1) -> (N, T + 1, F)
    is_read = torch.arange(grid.shape[1])[None] <= lengths[:, None]
    is_read[:, 0] = False
    of_text = features.float().cpu() * is_read[..., None]
    return (of_text.sum(1) / lengths[:, None]).double().numpy()


@torch.inference_mode()
def mean_log_probs(model: CharRNN, vocabulary: Vocabulary, prompt: Sequence[int], texts: Sequence[str]) -> Floats:
    """The mean ln p of the tokens of each text after a prompt that begins with BEGIN (N,), in nats; no text may be empty."""
    means = []
    rows = [[*prompt, *vocabulary.encode(text)] for text in texts]
    for start in range(0, len(rows), MAX_ROWS_WITH_LOGITS):
        batch = rows[start : start + MAX_ROWS_WITH_LOGITS]
        grid = torch.full((len(batch), max(map(len, batch))), PAD)
        for number, row in enumerate(batch):
            grid[number, : len(row)] = torch.tensor(row)
        grid = grid.to(model.output_bias.device)
        features, _ = model.features(grid[:, :-1])  # (N, T) -> (N, T, F)
        targets = grid[:, len(prompt) :]
        logits = model.logits(features[:, len(prompt) - 1 :]).float()  # (N, T, V)
        log_probs = logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
        is_text = targets != PAD
        means += ((log_probs * is_text).sum(1) / is_text.sum(1)).tolist()
    return np.array(means)


def _han_lines(text: str) -> list[str]:
    return [han for han in map(han_of, lines_of(text)) if han]
