"""How fast poems are composed: a step beside its matrix products, poems one at a time and 64 at once, and the state
carried forward against reading the corpus and the whole prefix again.

One thread does it all, and what is measured is that thread's processor time: what else the machine does hardly matters. Last
come many poems with all cores, as the studio composes them, by the clock on the wall: there it matters.

Shapes: B poems, F features, V vocabulary.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import torch
from torch import Tensor

from benchmarks.speed.racing import Measure, race
from engine.composing.composer import compose, compose_many
from engine.config.presets import preset
from engine.config.schema import ComposeConfig, ModelConfig
from engine.corpus.tokens.vocabulary import BEGIN, END, SPECIAL_TOKENS, Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel, load_model
from engine.model.decode_step import can_multiply_bfloat16
from engine.model.devices import usable_cores
from engine.model.registry import list_models

# Four lines of seven characters, each with its mark.
QUATRAIN_CHARS = 4 * 8
SIDE_BY_SIDE = 64
STEPS_A_ROUND = 16
POOL_PARTICLES = 4
CAN_MULTIPLY_BFLOAT16 = "engine.model.decode_step.can_multiply_bfloat16"


def bench_composing(name: str, corpus_file: Path, vocabulary: Vocabulary, n_rounds: int) -> None:
    print(f"composing a quatrain of {QUATRAIN_CHARS} characters, 1 thread; the file read again is {name}")
    for preset_name in ("nndl", "studio"):
        loaded = _untrained(preset(preset_name).model, vocabulary)
        _bench_against_reading_again(preset_name, loaded, corpus_file, n_rounds)
        for n_poems in (1, SIDE_BY_SIDE):
            _bench_steps(preset_name, loaded, n_poems, n_rounds)
    for model in list_models():
        if not model.is_bundled:
            continue
        bundled = load_model(model.folder, torch.device("cpu"))
        for n_poems in (1, SIDE_BY_SIDE):
            _bench_steps(bundled.name, bundled, n_poems, n_rounds)
        _bench_poems(bundled, n_rounds)
        _bench_with_all_cores(bundled, n_rounds)
        _bench_pool(bundled, n_rounds)


def _bench_against_reading_again(preset_name: str, loaded: LoadedModel, corpus_file: Path, n_rounds: int) -> None:
    contestants: dict[str, Measure] = {
        f"{preset_name}, state carried": lambda: _carried(loaded),
        f"{preset_name}, corpus and prefix read again": lambda: _read_again(loaded, corpus_file),
    }
    results = race(contestants, n_rounds)
    for way, result in results.items():
        print(result.line(way, "s"))
    carried, again = results.values()
    print(f"  ratio: {again.over(carried):.0f}; {carried.median / QUATRAIN_CHARS * 1e3:.2f} ms a character")


def _bench_steps(preset_name: str, loaded: LoadedModel, n_poems: int, n_rounds: int) -> None:
    """A step of the model against nothing but its matrix products in float32; a packed model's own are of 16-bit weights."""
    pairs = _matrices(loaded.model, n_poems)
    contestants: dict[str, Measure] = {
        f"{preset_name}, a step of {n_poems}": lambda: _milliseconds(lambda: _steps(loaded.model, n_poems)),
        "its matrix products alone, in float32": lambda: _milliseconds(lambda: _products(pairs)),
    }
    results = race(contestants, 3 * n_rounds)
    for way, result in results.items():
        print(result.line(way, "ms"))
    step, products = results.values()
    print(f"  products / step: {products.over(step):.2f}; {n_poems / step.median * 1e3:,.0f} chars/s without drawing")


def _bench_poems(loaded: LoadedModel, n_rounds: int) -> None:
    """Whole poems of a bundled model, drawn: free and held to a form, one at a time and side by side."""
    contestants: dict[str, Measure] = {}
    for how, config in (("free", ComposeConfig(begin="日")), ("in the form 七绝", ComposeConfig(form="qijue"))):
        contestants[f"{loaded.name}, {how}, one poem"] = lambda config=config: _drawn(loaded, config, 1)  # type: ignore[misc]
        contestants[f"{loaded.name}, {how}, {SIDE_BY_SIDE} at once"] = lambda config=config: _drawn(  # type: ignore[misc]
            loaded, config, SIDE_BY_SIDE
        )
    results = race(contestants, n_rounds)
    for way, result in results.items():
        print(result.line(way, "chars/s"))
    free_alone, free_many, formed_alone, formed_many = results.values()
    print(
        f"  free / in the form: {free_alone.over(formed_alone):.2f} one at a time, "
        f"{free_many.over(formed_many):.2f} side by side; {1e3 / free_alone.median:.2f} ms a character of one free poem"
    )


def _bench_with_all_cores(loaded: LoadedModel, n_rounds: int) -> None:
    """So many poems at once as a service would: the step, its products, and whole poems, drawn and judged."""
    pairs = _matrices(loaded.model, SIDE_BY_SIDE)
    before = torch.get_num_threads()
    torch.set_num_threads(usable_cores())
    try:
        contestants: dict[str, Measure] = {
            "a step without drawing": lambda: _chars_per_s(lambda: _steps(loaded.model, SIDE_BY_SIDE)),
            "its matrix products alone, in float32": lambda: _chars_per_s(lambda: _products(pairs)),
            "free verse": lambda: _drawn(loaded, ComposeConfig(begin="日"), SIDE_BY_SIDE, time.perf_counter),
            "七绝": lambda: _drawn(loaded, ComposeConfig(form="qijue"), SIDE_BY_SIDE, time.perf_counter),
        }
        print(f"{loaded.name}, {SIDE_BY_SIDE} at once, {usable_cores()} threads, by the clock on the wall")
        results = race(contestants, 3 * n_rounds)
    finally:
        torch.set_num_threads(before)
    for way, result in results.items():
        print(result.line(way, "chars/s"))
    step, products, free, formed = results.values()
    print(
        f"  step / products: {step.over(products):.2f}; drawn / step: free {free.over(step):.2f}, 七绝 {formed.over(step):.2f}"
    )


def _bench_pool(loaded: LoadedModel, n_rounds: int) -> None:
    """A pool of 七绝 with several particles each, by bfloat16 products where this machine uses them, and by those it used before.

    Processor time of all threads: of a row-character, so that a busy machine hardly matters.
    """
    contestants: dict[str, Measure] = {"as it composes": lambda: _pool(loaded)}
    if can_multiply_bfloat16(torch.device("cpu"), loaded.model.config.hidden_size):
        contestants["without bfloat16 products"] = lambda: _pool(loaded, without_bfloat16=True)
    print(f"{loaded.name}, a pool of {SIDE_BY_SIDE} 七绝 × {POOL_PARTICLES} particles, {usable_cores()} threads")
    results = race(contestants, n_rounds)
    for way, result in results.items():
        print(result.line(way, "row-chars/s of processor time"))
    first, *others = results.values()
    for other in others:
        print(f"  ratio: {first.over(other):.2f}")


def _pool(loaded: LoadedModel, *, without_bfloat16: bool = False) -> float:
    """Row-characters a second of processor time."""
    config = ComposeConfig(form="qijue", begin="月", n_particles=POOL_PARTICLES)
    forget = loaded.model.eval  # the copies of the weights
    forget()
    with patch(CAN_MULTIPLY_BFLOAT16, return_value=False) if without_bfloat16 else nullcontext():
        compose_many(loaded, config, 1, pool_size=1)
        started_s = time.process_time()
        compose_many(loaded, config, SIDE_BY_SIDE, pool_size=SIDE_BY_SIDE)
        elapsed_s = time.process_time() - started_s
    forget()
    return SIDE_BY_SIDE * POOL_PARTICLES * QUATRAIN_CHARS / elapsed_s


def _milliseconds(run: Callable[[], Iterator[object]]) -> float:
    """Of one of the steps that `run` does."""
    started_s = time.thread_time()
    n_steps = sum(1 for _ in run())
    return (time.thread_time() - started_s) / n_steps * 1e3


def _chars_per_s(run: Callable[[], Iterator[object]]) -> float:
    """Of the steps of many poems that `run` does, by the clock on the wall."""
    started_s = time.perf_counter()
    n_steps = sum(1 for _ in run())
    return n_steps * SIDE_BY_SIDE / (time.perf_counter() - started_s)


def _steps(model: CharRNN, n_poems: int) -> Iterator[object]:
    x, state = torch.arange(n_poems), None
    for _ in range(STEPS_A_ROUND):
        logits, state = model.step(x, state)
        yield logits


def _matrices(model: CharRNN, n_poems: int) -> list[tuple[Tensor, Tensor]]:
    """What a step multiplies: rows and a matrix, which lies as is best for them."""
    recurrent = (weight for layer in model.recurrent.all_weights for weight in layer if weight.dim() == 2)
    weights = [*recurrent, *model.projection.parameters(), model.output_weight]
    return [(torch.randn(n_poems, weight.shape[1]), weight.detach().T.contiguous()) for weight in weights]


@torch.inference_mode()
def _products(pairs: list[tuple[Tensor, Tensor]]) -> Iterator[object]:
    """The products of as many steps, one by one as they follow each other."""
    for _ in range(STEPS_A_ROUND):
        yield [torch.mm(rows, columns) for rows, columns in pairs]


def _drawn(
    loaded: LoadedModel, config: ComposeConfig, n_poems: int, clock_s: Callable[[], float] = time.thread_time
) -> float:
    """Characters a second, by the processor time of this thread or another clock."""
    started_s = clock_s()
    if n_poems == 1:
        n_chars = sum(1 for _ in compose(loaded, config))
    else:
        poems = compose_many(loaded, config, n_poems, pool_size=n_poems)
        n_chars = sum(len(poem.text) for poem in poems)
    return n_chars / (clock_s() - started_s)


def _untrained(config: ModelConfig, vocabulary: Vocabulary) -> LoadedModel:
    torch.manual_seed(0)
    model = CharRNN(config, len(vocabulary)).eval()
    with torch.no_grad():
        model.output_bias[END] = -1e9  # it never ends a poem early
    return LoadedModel("untrained", model, vocabulary, {})


def _carried(loaded: LoadedModel) -> float:
    begin = loaded.vocabulary.characters[10]
    started_s = time.thread_time()
    # The likeliest each time, as the experiment took it.
    n_chars = sum(1 for _ in compose(loaded, ComposeConfig(begin=begin, temperature=0, max_chars=QUATRAIN_CHARS)))
    elapsed_s = time.thread_time() - started_s
    assert n_chars == QUATRAIN_CHARS
    return elapsed_s


@torch.no_grad()
def _read_again(loaded: LoadedModel, corpus_file: Path) -> float:
    """As the course experiment composed: the corpus becomes indices again, every character reads all before it again."""
    started_s = time.thread_time()
    word_int_map = _word_int_map(corpus_file)
    prefix = [BEGIN, 10 + len(SPECIAL_TOKENS)]
    while len(prefix) < QUATRAIN_CHARS + 1:
        logits, _ = loaded.model(torch.tensor([prefix]))  # (1, T) -> (1, T, V)
        prefix.append(int(logits[0, -1].argmax()))
    elapsed_s = time.thread_time() - started_s
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
