"""Start-up time of a training: building the token cache of a corpus, and opening it again."""

import time

from benchmarks.speed.racing import race
from engine.corpus.caches import remove_caches_of
from engine.corpus.corpus import Corpus
from engine.corpus.tokens.token_cache import open_tokens


def bench_starting(corpus: Corpus, n_rounds: int) -> None:
    results = race(
        {"first start": lambda: _start(corpus, is_first=True), "second start": lambda: _start(corpus)}, n_rounds
    )
    print(f"opening {corpus.name} as indices: {corpus.n_poems:,} poems")
    for name, result in results.items():
        print(result.line(name, "s"))
    first, second = results.values()
    print(f"  ratio: {first.median / second.median:.0f}")


def _start(corpus: Corpus, *, is_first: bool = False) -> float:
    if is_first:
        remove_caches_of(corpus)
    started_s = time.perf_counter()
    tokens = open_tokens(corpus, min_freq=2)
    elapsed_s = time.perf_counter() - started_s
    assert len(tokens) == corpus.n_poems
    return elapsed_s
