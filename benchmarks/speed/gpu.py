"""What a graphics card makes of the same loop: characters a second and their share of the matrix-product peak for the presets
`studio` and `gpu` over batch sizes, whether a step ever makes the processor wait for the card, and composing side by side.

It trains as the engine does, with `engine.training.trainer.Trainer`; on a processor (`--device cpu`) it takes the same path.

Shapes: B poems.
"""

import time
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import torch
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity, profile

from engine.composing.composer import compose, compose_many
from engine.config.presets import preset
from engine.config.schema import ComposeConfig, TrainConfig
from engine.corpus.tokens.vocabulary import END
from engine.model.checkpoint import LoadedModel
from engine.model.devices import device_name, product_dtype, use_threads
from engine.training.build import build_trainer
from engine.training.distributed import Workers
from engine.training.trainer import Trainer

# What reads a value that the device has yet to compute, and so waits for it: PyTorch's operations, and CUDA's calls.
WAITING_OPERATIONS = {"aten::_local_scalar_dense", "aten::nonzero", "aten::is_nonzero", "aten::masked_select"}
WAITING_CALLS = {"cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "cudaMemcpy"}
PRESETS = ("studio", "gpu")
WARM_UP_STEPS = 3
N_COMPOSINGS, MANY_POEMS = 3, 1000
N_PRODUCTS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: of the product's matrices the side, the batches as shares of the preset's own, steps of each, poems
    side by side, and characters of each poem. `sizes`: of the model, in place of the presets' own."""

    product_size: int
    batch_factors: Sequence[float]
    n_steps: int
    n_poems: Sequence[int]
    poem_chars: int
    sizes: Mapping[str, int] = field(default_factory=dict)


FULL = Scale(8192, (0.5, 1, 2, 4, 8, 16), 20, (1, 64, 4096), 32)
QUICK = Scale(128, (0.25, 0.5), 2, (1, 4), 6, {"embedding_size": 12, "hidden_size": 16})


def bench_gpu(corpus: str, folder: Path, device: torch.device, scale: Scale) -> None:
    """Train on a corpus given by name and print the results; runs are written into `folder`."""
    if device.type == "cpu":
        use_threads(0)
    product = product_flops(device, scale.product_size)
    kind = str(_dtype(device)).removeprefix("torch.")
    print(
        f"{device_name(device)}: {product / 1e12:,.2f} TFLOP/s in a product of two {scale.product_size}² {kind} matrices"
    )
    for name in PRESETS:
        config = preset(name).replace(corpus=corpus, conditioning_prob=0.0, max_poem_chars=None)
        config = config.replace(model=config.model.replace(**scale.sizes))
        trainer = _sweep(config, folder, device, scale, product)
        if trainer is None:
            continue
        waiting = waits(trainer, scale.n_steps)
        told = ", ".join(f"{what} {count}×" for what, count in waiting.items()) or "nothing"
        print(f"    what waits for the device in every step: {told}")
        loaded = never_ending(trainer)
        for n_poems in scale.n_poems:
            chars_per_s = composed_per_s(loaded, n_poems, scale.poem_chars)
            print(f"    composing, {n_poems:>5} poems at once {chars_per_s:>20,.0f} chars/s")


def _sweep(config: TrainConfig, folder: Path, device: torch.device, scale: Scale, product: float) -> Trainer | None:
    """Print the speed at each batch size that fits into memory; return the last training that did."""
    print(f"  {config.preset}: {config.model.n_layers} layers of {config.model.hidden_size}")
    trainer = None
    for factor in scale.batch_factors:
        n_poems = max(1, int(config.batch_size * factor))
        try:
            candidate = trainer_on(device, config.replace(batch_size=n_poems), folder / f"{config.preset}-{n_poems}")
            chars_per_s = speed(candidate, scale.n_steps)
        except torch.OutOfMemoryError:
            print(f"    training, {n_poems:>5} poems a batch: more than the memory holds")
            return trainer
        trainer = candidate
        share = chars_per_s * 6 * trainer.model.n_multiply_adds() / product
        print(f"    training, {n_poems:>5} poems a batch {chars_per_s:>20,.0f} chars/s   {share:.2f} of the product")
    return trainer


def trainer_on(device: torch.device, config: TrainConfig, folder: Path) -> Trainer:
    """A training as the engine builds it."""
    return build_trainer(config, folder, Workers(), device, resume=False)


def speed(trainer: Trainer, n_steps: int) -> float:
    """Training speed in characters a second, including batching."""
    batches = trainer.batches()
    for batch in islice(batches, WARM_UP_STEPS):
        trainer.update(batch)
    _wait_for(trainer.device)
    n_chars, started_s = 0, time.perf_counter()
    for batch in islice(batches, n_steps):
        trainer.update(batch)
        n_chars += batch.global_targets.n_chars
    _wait_for(trainer.device)
    return n_chars / (time.perf_counter() - started_s)


def waits(trainer: Trainer, n_steps: int) -> dict[str, int]:
    """The operations that wait for the device and their number per step, by the profiler and by CUDA's own check."""
    is_cuda = trainer.device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if is_cuda else [])]
    _wait_for(trainer.device)
    with profile(activities=activities) as profiler, _told_waits(trainer.device) as warned:
        for batch in islice(trainer.batches(), n_steps):
            trainer.update(batch)
    counts = Counter(event.name for event in profiler.events() or () if is_cuda or not _is_in_optimizer(event))
    counts["CUDA's own check"] = len(warned)
    watched = (*WAITING_OPERATIONS, *WAITING_CALLS, "CUDA's own check")
    # The profiler itself waits for the card when it begins and when it ends: that is less than once a step.
    return {name: counts[name] // n_steps for name in watched if counts[name] >= n_steps}


def _is_in_optimizer(event: FunctionEvent) -> bool:
    """Whether an operation is one of the optimiser's: on a processor it reads its step counts, which there lie at hand."""
    around: FunctionEvent | None = event
    while around is not None and not around.name.startswith("Optimizer.step"):
        around = around.cpu_parent
    return around is not None


@contextmanager
def _told_waits(device: torch.device) -> Iterator[list[warnings.WarningMessage]]:
    """The operations that CUDA reports as synchronizing during the block."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        if device.type != "cuda":
            yield []
            return
        before = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield warned
        finally:
            torch.cuda.set_sync_debug_mode(before)


def never_ending(trainer: Trainer) -> LoadedModel:
    """The model of a training, set up for composing without ending a poem early."""
    with torch.no_grad():
        trainer.model.output_bias[END] = -1e9
    return LoadedModel("bench", trainer.model.eval(), trainer.vocabulary, {})


def composed_per_s(loaded: LoadedModel, n_poems: int, n_chars: int) -> float:
    """Characters a second of composing `n_poems` poems in a batch, including sampling."""
    config = ComposeConfig(begin=loaded.vocabulary.characters[10], max_chars=n_chars)
    times = []
    for _ in range(N_COMPOSINGS if n_poems < MANY_POEMS else 1):
        started_s = time.perf_counter()
        if n_poems == 1:
            n_written = sum(1 for _ in compose(loaded, config))
        else:
            n_written = sum(len(poem.text) for poem in compose_many(loaded, config, n_poems, pool_size=n_poems))
        times.append(n_written / (time.perf_counter() - started_s))
    return max(times)


def product_flops(device: torch.device, size: int) -> float:
    """Floating-point operations a second of one matrix product in the training's data type; the best of several."""
    left, right = (torch.randn(size, size, device=device, dtype=_dtype(device)) for _ in range(2))
    best = 0.0
    for _ in range(N_PRODUCTS):
        _wait_for(device)
        started_s = time.perf_counter()
        for _ in range(N_PRODUCTS):
            torch.mm(left, right)
        _wait_for(device)
        best = max(best, N_PRODUCTS * 2 * size**3 / (time.perf_counter() - started_s))
    return best


def _dtype(device: torch.device) -> torch.dtype:
    """The data type of the presets' products."""
    return product_dtype("auto", device, preset(PRESETS[0]).model.hidden_size)


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
