"""How fast `nndl` trains: as the engine does it, with plain logits, and poem by poem as the course experiment did.

Shapes: B poems, T characters, F features, N targets, V vocabulary.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn

from engine.batches import Batch, Pieces, epoch_order
from engine.config import TrainConfig
from engine.loss import linear_cross_entropy
from engine.model import PoemModel
from engine.optimizers import make_optimizer
from engine.presets import preset
from engine.vocabulary import PAD
from tests.bench.racing import Measure, race

PRODUCT_SIZE = 2048

# Forward and backward through one batch; the gradients are left in the model.
Backward = Callable[[PoemModel, Batch, TrainConfig], None]


def bench_training(name: str, pieces: Pieces, vocab_size: int, n_rounds: int) -> None:
    config = preset("nndl")
    contestants: dict[str, Measure] = {"product of two 2048² float32 matrices": _product_flops}
    ways = {
        "nndl, as the engine trains": _fused,
        "nndl, linear layer + cross-entropy": _plain,
        "nndl, poem by poem": _poem_by_poem,
    }
    for way, backward in ways.items():
        contestants[way] = _trainer(backward, pieces, vocab_size, config)
    results = race(contestants, n_rounds)
    product, fused, plain, alone = results.values()
    flops_per_char = 6 * PoemModel(config.model, vocab_size).n_multiply_adds()
    print(
        f"training nndl on {name}: {len(pieces):,} poems, {vocab_size:,} characters known, {torch.get_num_threads()} threads"
    )
    print(product.line("product of two 2048² float32 matrices", "FLOP/s"))
    for way in ways:
        print(results[way].line(way, "chars/s"))
    print(f"  as the engine trains / poem by poem: {fused.median / alone.median:.2f}")
    print(f"  as the engine trains / plain:        {fused.median / plain.median:.2f}")
    print(f"  of the matrix-product peak:          {fused.median * flops_per_char / product.median:.2f}")


def _product_flops() -> float:
    left, right = torch.randn(PRODUCT_SIZE, PRODUCT_SIZE), torch.randn(PRODUCT_SIZE, PRODUCT_SIZE)
    out = torch.empty(PRODUCT_SIZE, PRODUCT_SIZE)
    started_s = time.perf_counter()
    for _ in range(8):
        torch.mm(left, right, out=out)
    return 8 * 2 * PRODUCT_SIZE**3 / (time.perf_counter() - started_s)


def _trainer(backward: Backward, pieces: Pieces, vocab_size: int, config: TrainConfig) -> Measure:
    """A training of its own that does two batches a round and says how many characters a second it learned."""
    torch.manual_seed(config.seed)
    model = PoemModel(config.model, vocab_size).train()
    optimizer = make_optimizer(model, config)
    batches = _batches(pieces, config)

    def measure() -> float:
        n_chars = 0
        started_s = time.perf_counter()
        for _ in range(2):
            batch = next(batches)
            backward(model, batch, config)
            nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            n_chars += batch.n_targets
        return n_chars / (time.perf_counter() - started_s)

    return measure


def _batches(pieces: Pieces, config: TrainConfig) -> Iterator[Batch]:
    epoch = 0
    while True:
        for rows in epoch_order(pieces, config.batch_poems, config.seed, epoch):
            yield pieces.batch(rows)
        epoch += 1


def _features(model: PoemModel, batch: Batch) -> tuple[Tensor, Tensor]:
    """Features (N, F) and targets (N,) of a batch, padding left out."""
    places = torch.from_numpy(np.flatnonzero(batch.y != PAD))
    features, _ = model.features(torch.from_numpy(batch.x))  # (B, T) -> (B, T, F)
    return features.flatten(0, 1).index_select(0, places), torch.from_numpy(batch.y).flatten().index_select(0, places)


def _fused(model: PoemModel, batch: Batch, config: TrainConfig) -> None:
    features, targets = _features(model, batch)
    loss = linear_cross_entropy(features, model.output_weight, model.output_bias, targets, config.chunk_rows)
    loss.backward()  # type: ignore[no-untyped-call]


def _plain(model: PoemModel, batch: Batch, config: TrainConfig) -> None:
    features, targets = _features(model, batch)
    loss = nn.functional.cross_entropy(model.logits(features), targets)
    loss.backward()  # type: ignore[no-untyped-call]


def _poem_by_poem(model: PoemModel, batch: Batch, config: TrainConfig) -> None:
    """Each poem of the batch fed alone, its log-probabilities written out whole, the losses summed up."""
    poem_losses = []
    for x, y in zip(batch.x, batch.y, strict=True):
        n_chars = int(np.count_nonzero(y != PAD))
        logits, _ = model(torch.from_numpy(x[:n_chars]).unsqueeze(0))  # (1, T) -> (1, T, V)
        log_p = torch.log_softmax(logits[0], dim=1)
        poem_losses.append(nn.functional.nll_loss(log_p, torch.from_numpy(y[:n_chars])))
    loss = torch.stack(poem_losses).mean()
    loss.backward()  # type: ignore[no-untyped-call]
