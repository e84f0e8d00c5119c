"""Make `data/prosody/parallelism.tsv` from the 律诗 of a corpus: `python -m benchmarks.tables.parallelism tang-song-ci`.

Pairs of characters at one position of a middle couplet are counted, with 1 added to every count; the logarithm of count over
expected count is a symmetric matrix [V, V], of which the eigenvectors of the largest eigenvalues are kept. The vectors of two
characters, multiplied, give the fit of the pair back. Every sixteenth poem is held out; on those the regression is fitted
(even ones) and measured (odd ones).

Shapes: V characters, R eigenvalues kept, N couplets, F features.
"""

import base64
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.corpus.poem import Poem
from engine.corpus.store import open_corpus
from engine.prosody import parallelism
from engine.prosody.parallelism import PARALLEL_SCORE, TABLE, UNITS_PER_ROOT_NAT, couplet_parallelism, features
from engine.prosody.text import lines_of
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

MIN_COUNT = 30
RANK = 32
EACH_HELD_OUT = 16
NO_WEIGHTS = (0.0,) * 5
HEADER = """\
# How well characters stand opposite each other in parallel couplets. Made by benchmarks/tables/parallelism.py from {corpus}.
# First row: sign of each eigenvalue; second: weights of the regression; then a character and its vector as signed bytes in base64.
"""

Octave = list[str]
Couplet = tuple[str, str]


def main() -> None:
    (corpus_name,) = sys.argv[1:]
    octaves = list(_octaves(open_corpus(corpus_name).poems()))
    held_out = octaves[::EACH_HELD_OUT]
    learnt = [octave for number, octave in enumerate(octaves) if number % EACH_HELD_OUT]
    vectors = _vectors(learnt)
    path = bundled_data() / "prosody" / TABLE

    def write(weights: Sequence[float]) -> None:
        write_atomically(path, HEADER.format(corpus=corpus_name) + vectors.rows(weights))
        parallelism.fit_table.cache_clear()

    write(NO_WEIGHTS)
    write(_regression(_Judged(held_out[::2])))
    print(f"{len(learnt):,} 律诗 learnt, {len(held_out):,} held out; {len(vectors.characters):,} characters")
    _print_figures(_Judged(held_out[1::2]))


def _octaves(poems: Iterable[Poem]) -> Iterable[Octave]:
    """Poems of eight lines of five or of seven characters."""
    for poem in poems:
        lines = lines_of(poem.text)
        if len(lines) == 8 and {len(line) for line in lines} in ({5}, {7}):
            yield lines


@dataclass(frozen=True)
class _Vectors:
    characters: Sequence[str]
    signs: Sequence[int]
    bytes: NDArray[np.int8]  # [V, R]

    def rows(self, weights: Sequence[float]) -> str:
        rows = ["signs\t" + "\t".join(map(str, self.signs)), "weights\t" + "\t".join(f"{one:.4f}" for one in weights)]
        for character, vector in zip(self.characters, self.bytes, strict=True):
            rows.append(f"{character}\t{base64.b64encode(vector.tobytes()).decode()}")
        return "\n".join(rows) + "\n"


def _vectors(octaves: Sequence[Octave]) -> _Vectors:
    pairs = Counter(
        pair for octave in octaves for at in (2, 4) for pair in zip(octave[at], octave[at + 1], strict=True)
    )
    counts = Counter[str]()
    for (one, other), n in pairs.items():
        counts[one] += n
        counts[other] += n
    characters = sorted(character for character, n in counts.items() if n >= MIN_COUNT)
    index = {character: number for number, character in enumerate(characters)}
    observed = np.zeros((len(characters), len(characters)))  # [V, V]
    for (one, other), n in pairs.items():
        if one in index and other in index:
            observed[index[one], index[other]] += n
            observed[index[other], index[one]] += n
    totals = observed.sum(1)
    expected = np.outer(totals, totals) / totals.sum()
    values, vectors = np.linalg.eigh(np.log((observed + 1) / (expected + 1)))
    largest = np.argsort(-np.abs(values))[:RANK]
    scaled = vectors[:, largest] * np.sqrt(np.abs(values[largest])) * UNITS_PER_ROOT_NAT
    signs = [1 if values[one] > 0 else -1 for one in largest]
    return _Vectors(characters, signs, np.clip(np.rint(scaled), -127, 127).astype(np.int8))


class _Judged:
    """Couplets of real 律诗 by where they stand, and mixed ones: an upper line with the lower line of another poem."""

    def __init__(self, octaves: Sequence[Octave]) -> None:
        self.middle = [(octave[at], octave[at + 1]) for octave in octaves for at in (2, 4)]
        self.first = [(octave[0], octave[1]) for octave in octaves]
        self.last = [(octave[6], octave[7]) for octave in octaves]
        drawn = random.Random(0)
        lower = {length: [one[1] for one in self.middle if len(one[1]) == length] for length in (5, 7)}
        self.mixed = [(upper, drawn.choice(lower[len(upper)])) for upper, _lower in self.middle]


def _regression(judged: _Judged) -> list[float]:
    """Weights [F] of a logistic regression, by Newton's method: middle couplets against last and mixed ones."""
    others = judged.last + judged.mixed
    x = np.array([_features(couplet) for couplet in judged.middle + others])  # [N, F]
    y = np.array([1.0] * len(judged.middle) + [0.0] * len(others))  # [N]
    # Both kinds count alike, however many there are.
    weight = np.where(y == 1, 0.5 / len(judged.middle), 0.5 / len(others))  # [N]
    w = np.zeros(x.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (weight * (y - p)) - 1e-6 * w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(len(w))
        w += np.linalg.solve(hessian, gradient)
    return [float(one) for one in w]


def _features(couplet: Couplet) -> tuple[float, ...]:
    found = couplet_parallelism(*couplet)
    return features(found.fits_nats, len(parallelism.broken_doublings(*couplet)))


def _print_figures(judged: _Judged) -> None:
    middle = _scores(judged.middle)
    print(f"middle couplets: {_share(middle):.1%} parallel, mean score {np.mean(middle):.3f}")
    for name, couplets in (("first", judged.first), ("last", judged.last), ("mixed", judged.mixed)):
        scores = _scores(couplets)
        print(
            f"{name} couplets: {_share(scores):.1%} parallel; AUC of middle against {name} {_auc(middle, scores):.3f}"
        )


def _scores(couplets: Iterable[Couplet]) -> NDArray[np.float64]:
    return np.array([couplet_parallelism(*couplet).score for couplet in couplets])


def _share(scores: NDArray[np.float64]) -> float:
    return float(np.mean(scores >= PARALLEL_SCORE))


def _auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """Probability that a positive scores above a negative, from the rank sum."""
    ranks = np.concatenate([positive, negative]).argsort().argsort() + 1
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / n / m)


if __name__ == "__main__":
    main()
