"""How plain a poet is to see in the poems of a style, for several strengths of its bias.

    python -m benchmarks.styles tang-song-ci [MODEL] [--strengths 0 1 1.5 2]

A naive Bayes classifier of characters and pairs of characters learns the twelve poets of `POETS` from their training poems; it is
first tried on poems of theirs that are held out. Then the studio's first 七绝 for each poet and begin character are classified. A
row for each strength: how many are taken for the poet that was asked for, the mean rank of that poet among the twelve (1 the best,
6.5 chance), and the mean ln p and ranker's mark of the poems by the model alone.
"""

import argparse
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from engine.composing.composer import Composition, compose_many
from engine.composing.decoding import styles
from engine.config.schema import ComposeConfig
from engine.corpus.corpus import split_of
from engine.corpus.store import open_corpus
from engine.corpus.tokens.vocabulary import BEGIN
from engine.model.checkpoint import LoadedModel, load_model
from engine.model.devices import choose_device
from engine.model.ranker import ScoredText, read_texts
from engine.model.registry import find_model
from engine.prosody.text import han_of, lines_of

POETS = ["李白", "杜甫", "王维", "白居易", "韩愈", "李贺", "李商隐", "杜牧", "苏轼", "黄庭坚", "杨万里", "陆游"]
BEGINS = "日山月春江"
MAX_CHARS = 66
# Occurrences of a character or pair in all verse that are added to a poet's own, for a thousand characters.
PRIOR = 1000.0
HEAD = "| strength | taken for the poet | mean rank | ln p | mark |\n|--:|--:|--:|--:|--:|"


class PoetClassifier:
    """Naive Bayes over characters and pairs of characters, every poet as likely as another."""

    def __init__(self, texts_of: Mapping[str, Sequence[str]]) -> None:
        self.poets = list(texts_of)
        counts = {poet: Counter(itertools.chain.from_iterable(map(_grams, texts))) for poet, texts in texts_of.items()}
        total = sum(counts.values(), Counter[str]())
        n_all = total.total()
        self._log_ratios: dict[str, np.ndarray] = {}
        sums = {poet: own.total() for poet, own in counts.items()}
        for gram, n in total.items():
            share = (n + 1) / n_all
            own = [(counts[poet][gram] + PRIOR * share) / (sums[poet] + PRIOR) / share for poet in self.poets]
            self._log_ratios[gram] = np.log(own)

    def ranks(self, text: str) -> list[str]:
        """The poets, the likeliest first."""
        found = [self._log_ratios[gram] for gram in _grams(text) if gram in self._log_ratios]
        return [self.poets[one] for one in np.argsort(-np.sum(found, axis=0))]


def _grams(text: str) -> Iterable[str]:
    for line in map(han_of, lines_of(text)):
        yield from line
        yield from map("".join, itertools.pairwise(line))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus")
    parser.add_argument("model", nargs="?")
    parser.add_argument("--strengths", nargs="+", type=float, default=[0.0, 1.0, 1.5, 2.0])
    arguments = parser.parse_args()
    loaded = load_model(find_model(arguments.model), choose_device("auto"))
    texts: dict[bool, defaultdict[str, list[str]]] = {is_known: defaultdict(list) for is_known in (False, True)}
    for poem in open_corpus(arguments.corpus).poems():
        if poem.author in POETS and len(poem.text) <= MAX_CHARS:
            texts[split_of(poem) == "train"][poem.author].append(poem.text)
    classifier = PoetClassifier(texts[True])
    ranks = [classifier.ranks(text).index(poet) + 1 for poet, held in texts[False].items() for text in held]
    print(
        f"held-out poems: {np.mean(np.array(ranks) == 1):.0%} of {len(ranks)} recognised, mean rank {np.mean(ranks):.2f}"
    )
    print(HEAD, flush=True)
    for strength in arguments.strengths:
        styles.STYLE_STRENGTH = strength
        poems = {(poet, begin): _first(loaded, poet, begin) for poet in POETS for begin in BEGINS}
        print(_row(strength, poems, classifier, loaded), flush=True)
    for poet in POETS:
        print(f"{poet}: {poems[poet, BEGINS[0]].text}")


def _first(loaded: LoadedModel, poet: str, begin: str) -> Composition:
    return compose_many(loaded, ComposeConfig(style=poet, begin=begin, form="七绝", seed=7), 5)[0]


def _row(
    strength: float, poems: Mapping[tuple[str, str], Composition], classifier: PoetClassifier, loaded: LoadedModel
) -> str:
    ranks = np.array([classifier.ranks(poem.text).index(poet) + 1 for (poet, _), poem in poems.items()])
    texts = [poem.text for poem in poems.values()]
    (reading,) = read_texts(loaded.model, loaded.vocabulary, [[BEGIN]], texts)
    means = reading.mean_log_probs()
    scored = [ScoredText(text, [mean] * len(text)) for text, mean in zip(texts, means, strict=True)]
    marks = [0.0] if loaded.ranker is None else loaded.ranker.marks(loaded.vocabulary, scored, reading)
    seen = f"{(ranks == 1).sum()} of {len(ranks)}"
    return f"| {strength:g} | {seen} | {ranks.mean():.2f} | {means.mean():.3f} | {np.mean(marks):.2f} |"


if __name__ == "__main__":
    main()
