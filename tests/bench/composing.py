"""How fast a quatrain is composed: the state carried forward, against reading the corpus and the whole prefix again."""

import time
from collections import Counter
from pathlib import Path

import torch

from engine.checkpoint import LoadedModel
from engine.composer import compose
from engine.config import ComposeConfig, ModelConfig
from engine.model import PoemModel
from engine.presets import preset
from engine.vocabulary import BEGIN, END, SPECIAL_TOKENS, Vocabulary
from tests.bench.racing import race

# Four lines of seven characters, each with its mark.
QUATRAIN_CHARS = 4 * 8


def bench_composing(name: str, corpus_file: Path, vocabulary: Vocabulary, n_rounds: int) -> None:
    print(f"composing a quatrain of {QUATRAIN_CHARS} characters, 1 thread; the file read again is {name}")
    for preset_name in ("nndl", "studio"):
        loaded = _untrained(preset(preset_name).model, vocabulary)
        results = race(
            {
                f"{preset_name}, state carried": lambda loaded=loaded: _carried(loaded),  # type: ignore[misc]
                f"{preset_name}, corpus and prefix read again": lambda loaded=loaded: _read_again(loaded, corpus_file),  # type: ignore[misc]
            },
            n_rounds,
        )
        for way, result in results.items():
            print(result.line(way, "s"))
        carried, again = results.values()
        print(
            f"  ratio: {again.median / carried.median:.0f}; {carried.median / QUATRAIN_CHARS * 1e3:.2f} ms a character"
        )


def _untrained(config: ModelConfig, vocabulary: Vocabulary) -> LoadedModel:
    torch.manual_seed(0)
    model = PoemModel(config, len(vocabulary)).eval()
    with torch.no_grad():
        model.output_bias[END] = -1e9  # it never ends a poem early
    return LoadedModel("untrained", model, vocabulary, {})


def _carried(loaded: LoadedModel) -> float:
    begin = loaded.vocabulary.characters[10]
    started_s = time.perf_counter()
    # The likeliest each time, as the experiment took it.
    n_chars = sum(1 for _ in compose(loaded, ComposeConfig(begin=begin, temperature=0, max_chars=QUATRAIN_CHARS)))
    elapsed_s = time.perf_counter() - started_s
    assert n_chars == QUATRAIN_CHARS
    return elapsed_s


@torch.no_grad()
def _read_again(loaded: LoadedModel, corpus_file: Path) -> float:
    """As the course experiment composed: the corpus becomes indices again, every character reads all before it again."""
    started_s = time.perf_counter()
    word_int_map = _word_int_map(corpus_file)
    prefix = [BEGIN, 10 + len(SPECIAL_TOKENS)]
    while len(prefix) < QUATRAIN_CHARS + 1:
        logits, _ = loaded.model(torch.tensor([prefix]))  # (1, T) -> (1, T, V)
        prefix.append(int(logits[0, -1].argmax()))
    elapsed_s = time.perf_counter() - started_s
    assert word_int_map
    return elapsed_s


def _word_int_map(corpus_file: Path) -> dict[str, int]:
    poems = []
    with corpus_file.open(encoding="utf-8") as file:
        for line in file:
            _, _, content = line.strip().partition(":")
            content = content.replace(" ", "")
            if any(mark in content for mark in "_(（《["):
                continue
            poems.append("G" + content + "E")
    poems.sort(key=len)
    counts = Counter(character for poem in poems for character in poem)
    word_int_map = {character: index for index, (character, _) in enumerate(counts.most_common())}
    as_indices = [list(map(word_int_map.__getitem__, poem)) for poem in poems]
    assert as_indices
    return word_int_map
