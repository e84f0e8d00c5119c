"""How fast a preset trains, beside the matrix-product peak, and where its time goes; where the engine multiplies in 16 bits, also
with float32 products; `nndl` also with plain logits, and poem by poem as the course experiment did, both in float32.

Shapes: B poems, T characters, F features, N targets, V vocabulary.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from statistics import median

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.speed.racing import Measure, Result, race
from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.corpus.tokens.batching import Batch, Segments, epoch_order
from engine.corpus.tokens.vocabulary import PAD
from engine.model.char_rnn import CharRNN
from engine.model.devices import mixed_precision, product_dtype
from engine.model.fused_loss import linear_cross_entropy
from engine.training.trainer import make_optimizer

PRODUCT_SIZE = 2048
BATCHES_A_ROUND = 2
PLAIN = "linear layer + cross-entropy"
POEM_BY_POEM = "poem by poem"
CPU = torch.device("cpu")

# Forward and backward through one batch; the gradients are left in the model.
Backward = Callable[[CharRNN, Batch, TrainConfig, "Phases"], None]


class Phases:
    """Seconds spent in each phase of the steps since the watch was made."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since_s = time.perf_counter()

    def end(self, phase: str) -> None:
        """Attribute the time since the last phase to this one."""
        now_s = time.perf_counter()
        self.seconds[phase] = self.seconds.get(phase, 0.0) + now_s - self._since_s
        self._since_s = now_s


def bench_training(name: str, preset_name: str, segments: Segments, vocab_size: int, n_rounds: int) -> None:
    config = preset(preset_name)
    segments = _short_enough(segments, config.max_poem_chars)
    dtypes = dict.fromkeys((_dtype_of(config), torch.float32))
    engines = {f"{preset_name}, as the engine trains": Trainer(fused, segments, vocab_size, config)}
    if len(dtypes) > 1:
        in_float32 = config.replace(precision="float32")
        engines[f"{preset_name}, with float32 products"] = Trainer(fused, segments, vocab_size, in_float32)
    others: dict[str, Measure] = {}
    if preset_name == "nndl":
        for way, backward in ((PLAIN, _plain), (POEM_BY_POEM, _poem_by_poem)):
            others[way] = Trainer(backward, segments, vocab_size, config).measure
    results = race(
        {_product_name(dtype): partial(_product_flops, dtype) for dtype in dtypes}
        | {way: engine.measure for way, engine in engines.items()}
        | others,
        n_rounds,
    )
    print(
        f"training {preset_name} on {name}: {len(segments):,} segments, {vocab_size:,} characters known, "
        f"{torch.get_num_threads()} threads"
    )
    for dtype in dtypes:
        print(results[_product_name(dtype)].line(_product_name(dtype), "FLOP/s"))
    for way in others:
        print(results[way].line(way, "chars/s"))
    for (way, engine), dtype in zip(engines.items(), dtypes, strict=True):
        print(results[way].line(way, "chars/s"))
        for other in others:
            print(f"    {results[way].over(results[other]):.2f} times {other}")
        for peak in map(_product_name, dict.fromkeys((torch.float32, dtype))):
            share = results[way].over(results[peak]) * 6 * engine.model.n_multiply_adds()
            print(f"    of the {peak}: {share:.2f}")
        _print_phases(engine.rounds[-n_rounds:])


def _dtype_of(config: TrainConfig) -> torch.dtype:
    return product_dtype(config.precision, CPU, config.model.hidden_size)


def _short_enough(segments: Segments, max_poem_chars: int | None) -> Segments:
    if max_poem_chars is None:
        return segments
    kept = segments.stops - segments.starts - 2 <= max_poem_chars
    return replace(segments, starts=segments.starts[kept], stops=segments.stops[kept], poems=segments.poems[kept])


def _print_phases(rounds: list[dict[str, float]]) -> None:
    shares = [{phase: value / sum(one.values()) for phase, value in one.items()} for one in rounds]
    for phase in rounds[0]:
        milliseconds = median(one[phase] for one in rounds) / BATCHES_A_ROUND * 1e3
        print(f"    {phase:<42} {milliseconds:>12,.4g} ms a step ({median(one[phase] for one in shares):.1%})")


def _product_name(dtype: torch.dtype) -> str:
    return f"product of two {PRODUCT_SIZE}² {str(dtype).removeprefix('torch.')} matrices"


def _product_flops(dtype: torch.dtype) -> float:
    left, right, out = (torch.randn(PRODUCT_SIZE, PRODUCT_SIZE).to(dtype) for _ in range(3))
    return Result(tuple(_one_product_flops(left, right, out) for _ in range(5))).median


def _one_product_flops(left: Tensor, right: Tensor, out: Tensor) -> float:
    started_s = time.perf_counter()
    torch.mm(left, right, out=out)
    return 2 * PRODUCT_SIZE**3 / (time.perf_counter() - started_s)


class Trainer:
    """A training that runs a few batches a round; `rounds` holds the seconds of the phases of each."""

    def __init__(self, backward: Backward, segments: Segments, vocab_size: int, config: TrainConfig) -> None:
        torch.manual_seed(config.seed)
        self.rounds: list[dict[str, float]] = []
        self.model = CharRNN(config.model, vocab_size).train()
        self._backward = backward
        self._config = config
        self._optimizer = make_optimizer(self.model, config)
        self._batches = _batches(segments, config)

    def measure(self) -> float:
        """Training speed in characters a second."""
        n_chars, phases = 0, Phases()
        for _ in range(BATCHES_A_ROUND):
            batch = next(self._batches)
            phases.end("data")
            self._backward(self.model, batch, self._config, phases)
            nn.utils.clip_grad_norm_(self.model.parameters(), self._config.clip_norm)
            self._optimizer.step()
            self._optimizer.zero_grad(set_to_none=True)
            phases.end("clipping and optimiser")
            n_chars += batch.n_targets
        self.rounds.append(phases.seconds)
        return n_chars / sum(phases.seconds.values())


def _batches(segments: Segments, config: TrainConfig) -> Iterator[Batch]:
    epoch = 0
    while True:
        for rows in epoch_order(segments, config.batch_size, config.seed, epoch):
            yield segments.batch(rows)
        epoch += 1


def _features(model: CharRNN, batch: Batch) -> tuple[Tensor, Tensor]:
    """Features (N, F) and targets (N,) of a batch, padding left out."""
    places = torch.from_numpy(np.flatnonzero(batch.y != PAD))
    features, _ = model.features(torch.from_numpy(batch.x))  # (B, T) -> (B, T, F)
    return features.flatten(0, 1).index_select(0, places), torch.from_numpy(batch.y).flatten().index_select(0, places)


def fused(model: CharRNN, batch: Batch, config: TrainConfig, phases: Phases) -> None:
    with mixed_precision(CPU, _dtype_of(config)):
        features, targets = _features(model, batch)
    features = features.to(_dtype_of(config))
    phases.end("recurrent layers forward")
    loss = linear_cross_entropy(features, model.output_weight, model.output_bias, targets, config.chunk_rows)
    phases.end("output layer, loss and their gradients")
    loss.backward()  # type: ignore[no-untyped-call]
    phases.end("recurrent layers backward")


def _plain(model: CharRNN, batch: Batch, config: TrainConfig, phases: Phases) -> None:
    features, targets = _features(model, batch)
    loss = nn.functional.cross_entropy(model.logits(features), targets)
    loss.backward()  # type: ignore[no-untyped-call]
    phases.end("forward and backward")


def _poem_by_poem(model: CharRNN, batch: Batch, config: TrainConfig, phases: Phases) -> None:
    """Feed each poem of the batch alone, with all its log-probabilities, and sum the losses."""
    poem_losses = []
    for x, y in zip(batch.x, batch.y, strict=True):
        n_chars = int(np.count_nonzero(y != PAD))
        logits, _ = model(torch.from_numpy(x[:n_chars]).unsqueeze(0))  # (1, T) -> (1, T, V)
        log_p = torch.log_softmax(logits[0], dim=1)
        poem_losses.append(nn.functional.nll_loss(log_p, torch.from_numpy(y[:n_chars])))
    loss = torch.stack(poem_losses).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    phases.end("forward and backward")
