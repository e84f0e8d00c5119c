"""Makes `data/styles.tsv`: the characters that a dynasty, a period or a poet writes oftener or more seldom than a model expects.

    python -m benchmarks.tables.styles tang-song-ci [MODEL] [--counts FILE]

The model reads training poems of each poet; the logarithm of a character's count over the sum of its probabilities is what the
poet adds to what the lines before it already say. Small counts are drawn to those of the period, a period's to those of all poets.
An hour of processor time; `--counts` keeps the counts, or takes those of an earlier call.

Shapes: K groups (poets of a code, and the other poets of each period), V vocabulary, B poems, T characters.
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.decoding.styles import TABLE
from engine.corpus.corpus import split_of
from engine.corpus.store import open_corpus
from engine.corpus.tokens.control_codes import PERIODS, style_of
from engine.corpus.tokens.vocabulary import BEGIN, END, PAD, Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import load_model
from engine.model.devices import choose_device
from engine.model.registry import find_model
from engine.prosody.text import is_han
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

# Poems that are read of each poet, and of the others of a period together; longer ones are left out.
N_POEMS, N_POEMS_OF_OTHERS, MAX_CHARS = 200, 800, 66
BATCH_SIZE = 64
# Occurrences by the level above that are added to a poet's, a period's and a dynasty's own.
POET_PRIOR, PERIOD_PRIOR = 10.0, 50.0
# Characters of a style: those with the most telling bias, which is |bias| times the root of the count.
N_CHARACTERS = 200

HEADER = """\
# Characters that a dynasty, a period or a poet writes oftener (+) or more seldom (-) than the bundled model expects after the
# characters before them, in hundredths of a nat, the most telling first. Counted over training poems of tang-song-ci by
# benchmarks/tables/styles.py.
# style	characters
"""

Floats = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("model", nargs="?")
    parser.add_argument("--counts", type=Path)
    arguments = parser.parse_args()
    loaded = load_model(find_model(arguments.model), choose_device("cpu"))
    if arguments.counts and arguments.counts.is_file():
        with np.load(arguments.counts) as kept:
            names, counts, expected = kept["poets"].tolist(), kept["n"], kept["E"]
    else:
        names, counts, expected = count(arguments.corpus, loaded.model.eval(), loaded.vocabulary)
        if arguments.counts:
            np.savez(arguments.counts, poets=np.array(names), n=counts, E=expected)
    rows = [_row(name, bias, weight, loaded.vocabulary) for name, bias, weight in biases(names, counts, expected)]
    write_atomically(bundled_data() / TABLE, HEADER + "".join(rows))


def count(corpus: str, model: CharRNN, vocabulary: Vocabulary) -> tuple[list[str], Floats, Floats]:
    """The groups (K), and of each the characters' counts and the sums of their probabilities (K, V)."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for poem in open_corpus(corpus).poems():
        style = style_of(poem.author)
        group = style.poet or (style.period and f"period:{style.period}")
        if group and len(poem.text) <= MAX_CHARS and split_of(poem) == "train":
            texts[group].append(poem.text)
    rng = random.Random(0)
    counts, expected = (np.zeros((len(texts), len(vocabulary)), np.float32) for _ in range(2))
    for number, (group, of_group) in enumerate(texts.items()):
        limit = N_POEMS_OF_OTHERS if group.startswith("period:") else N_POEMS
        chosen = of_group if len(of_group) <= limit else rng.sample(of_group, limit)
        encoded = sorted(([BEGIN, *vocabulary.encode(text), END] for text in chosen), key=len)
        for start in range(0, len(encoded), BATCH_SIZE):
            targets, sums = _read(model, encoded[start : start + BATCH_SIZE])
            counts[number] += np.bincount(targets, minlength=len(vocabulary))
            expected[number] += sums
        print(group, len(chosen), flush=True)
    return list(texts), counts, expected


@torch.inference_mode()
def _read(model: CharRNN, token_ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], Floats]:
    """The targets of some poems, and the sums of the probabilities before them (V,)."""
    x = torch.full((len(token_ids), max(map(len, token_ids))), PAD)  # (B, T)
    for row, one in zip(x, token_ids, strict=True):
        row[: len(one)] = torch.tensor(one)
    is_target = x[:, 1:] != PAD
    with torch.autocast("cpu", torch.bfloat16):
        logits = model.logits(model.features(x[:, :-1])[0][is_target])
    return x[:, 1:][is_target].numpy(), logits.float().softmax(1).sum(0).numpy()


def biases(names: Sequence[str], counts: Floats, expected: Floats) -> list[tuple[str, Floats, Floats]]:
    """Each style with its bias in nats and its counts (V,): dynasties, periods, then poets."""
    periods = np.array([name.removeprefix("period:") if ":" in name else style_of(name).period for name in names])
    # The model expects less than poets write of what it has learnt worst, whatever the style.
    expected = expected * ((counts.sum(0) + PERIOD_PRIOR) / (expected.sum(0) + PERIOD_PRIOR))
    found = []
    of_period: dict[str, Floats] = {}
    for dynasty, its_periods in PERIODS.items():
        is_own = np.isin(periods, its_periods)
        own = counts[is_own].sum(0)
        found.append((dynasty, _log_ratio(own, expected[is_own].sum(0), PERIOD_PRIOR), own))
    for period in (period for its_periods in PERIODS.values() for period in its_periods):
        own = counts[periods == period].sum(0)
        of_period[period] = _log_ratio(own, expected[periods == period].sum(0), PERIOD_PRIOR)
        found.append((period, of_period[period], own))
    for number, name in enumerate(names):
        if ":" not in name:
            above = of_period.get(periods[number], np.zeros_like(expected[number]))
            own_bias = _log_ratio(counts[number], expected[number] * np.exp(above), POET_PRIOR)
            found.append((name, above + own_bias, counts[number]))
    return found


def _log_ratio(counts: Floats, expected: Floats, prior: float) -> Floats:
    return np.log((counts + prior) / (expected + prior))


def _row(name: str, bias: Floats, counts: Floats, vocabulary: Vocabulary) -> str:
    # A character that is never written tells by its expectation, which is count / exp(bias).
    weight = np.abs(bias) * np.sqrt((counts + POET_PRIOR) * np.maximum(1, np.exp(-bias)))
    is_character = [bool(one) and is_han(one) for one in map(vocabulary.character, range(len(bias)))]
    order = [int(one) for one in np.argsort(-weight) if is_character[one]]
    # Hundredths; what would be 0 is no bias.
    chosen = [(vocabulary.character(one), round(100 * float(bias[one]))) for one in order[:N_CHARACTERS]]
    return f"{name}\t{' '.join(f'{character}{cents:+d}' for character, cents in chosen if cents)}\n"


if __name__ == "__main__":
    main()
