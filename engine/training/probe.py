"""Measurements on held-out poems before the first step and at each validation: reach of gradients, accuracy, embedding.

Shapes: B poems, T characters, K distances, E embedding, F features, V vocabulary.
"""

import numpy as np
import torch
from torch import Tensor, nn

from engine.corpus.tokens.batching import Batch, Segments
from engine.corpus.tokens.vocabulary import SPECIAL_TOKENS, Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.reference_cells import unroll
from engine.prosody.text import is_han
from engine.runs import events

# Maximum distance, in characters before the loss, of the hidden states whose gradient is measured.
MAX_DISTANCE = 20
N_GRADIENT_POEMS = 32
N_ACCURACY_POEMS = 100
# Number of most common Han characters in the projection of the embedding.
N_PROJECTED = 64
# Number of most common Han characters that may be neighbours.
N_CANDIDATES = 1000
N_NEIGHBOURS = 6


def probe(
    model: CharRNN, vocabulary: Vocabulary, validation: Segments, characters: str, device: torch.device, step: int
) -> events.Probed:
    """Measure a model on held-out poems of one length. The model is left in evaluation mode; gradients and random state are unchanged.

    Args:
        characters: characters whose neighbours in the embedding are recorded; unknown ones are skipped.
    """
    model.eval()
    batch = poems_of_one_length(validation)
    x, y = torch.from_numpy(batch.x).to(device), torch.from_numpy(batch.y).to(device)
    hidden, memory = gradient_norms(model, x[:N_GRADIENT_POEMS], y[:N_GRADIENT_POEMS])
    projected, coordinates = project_embedding(model, vocabulary)
    known = "".join(filter(vocabulary.__contains__, characters))
    nearest = neighbours(model, vocabulary, known)
    return events.Probed(
        step=step,
        n_poems=len(x),
        hidden_grad_norms=tuple(hidden.tolist()),
        memory_grad_norms=() if memory is None else tuple(memory.tolist()),
        accuracy=tuple(round(share, 4) for share in accuracy_by_position(model, x, y).tolist()),
        neighbours=tuple(
            one + "".join(character for character, _ in row) for one, row in zip(known, nearest, strict=True)
        ),
        projected=projected,
        coordinates=tuple(round(value, 4) for value in coordinates.flatten().tolist()),
    )


def poems_of_one_length(validation: Segments) -> Batch:
    """At most `N_ACCURACY_POEMS` poems of the most common length, so that positions are comparable.

    Lengths above `MAX_DISTANCE` are preferred. x and y are (B, T) without padding.
    """
    lengths = validation.lengths()
    is_long = lengths > MAX_DISTANCE + 1
    values, counts = np.unique(lengths[is_long] if is_long.any() else lengths, return_counts=True)
    length = int(values[counts.argmax()])
    batch = validation.batch(np.flatnonzero(lengths == length)[:N_ACCURACY_POEMS])
    return Batch(batch.x[:, : length - 1], batch.y[:, : length - 1])


@torch.enable_grad()
def gradient_norms(model: CharRNN, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor | None]:
    """‖∂loss_t/∂h_{t−k}‖ of the top layer for k = 0 … K, averaged over poems; loss_t is −ln p of the target y_t, t = K.

    K is `MAX_DISTANCE`, or less for shorter poems. In the top layer a loss reaches an earlier state only through the recurrence.

    Args:
        x, y: characters and targets (B, T).

    Returns:
        norms for the hidden states (K + 1,), and for the memories C_{t−k} of an lstm; None for other cells.
    """
    t = min(MAX_DISTANCE, x.shape[1] - 1)
    steps = list(unroll(model, x[:, : t + 1]))
    # Summed: each poem's loss depends on its own states alone, so each row of the gradient is that of a single loss.
    loss = nn.functional.cross_entropy(model.logits(model.projection(steps[-1].top)), y[:, t], reduction="sum")
    tops = [step.layers[-1].states for step in reversed(steps)]
    kinds = ("hidden", "memory") if "memory" in tops[0] else ("hidden",)
    gradients = torch.autograd.grad(loss, [states[kind] for kind in kinds for states in tops])
    norms = torch.stack(gradients).norm(dim=2).mean(dim=1).reshape(len(kinds), t + 1)  # (K + 1, B, H) -> (K + 1,)
    return norms[0], norms[1] if len(kinds) == 2 else None


@torch.inference_mode()
def accuracy_by_position(model: CharRNN, x: Tensor, y: Tensor) -> Tensor:
    """Fraction of the poems whose target is the likeliest character, at each position (T,)."""
    features, _ = model.features(x)  # (B, T) -> (B, T, F)
    return torch.stack([(model.logits(features[:, t]).argmax(1) == y[:, t]).float().mean() for t in range(x.shape[1])])


@torch.inference_mode()
def neighbours(
    model: CharRNN, vocabulary: Vocabulary, characters: str, n: int = N_NEIGHBOURS
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """The n nearest neighbours of each character in the embedding, nearest first, with the cosine; among the `N_CANDIDATES` most common
    Han characters."""
    indices = common_han(vocabulary, N_CANDIDATES)
    own = vocabulary.encode(characters)
    table = nn.functional.normalize(model.embedding.weight.float(), dim=1)  # (V, E)
    cosines, ranked = (table[own] @ table[indices].T).sort(dim=1, descending=True)
    rows = zip(own, ranked.tolist(), cosines.tolist(), strict=True)
    return tuple(
        tuple(
            (vocabulary.character(indices[at]), cosine) for at, cosine in zip(*row, strict=True) if indices[at] != one
        )[:n]
        for one, *row in rows
    )


@torch.inference_mode()
def project_embedding(model: CharRNN, vocabulary: Vocabulary) -> tuple[str, Tensor]:
    """The N most common Han characters, and their embeddings on the first two principal components (N, 2).

    The sign of a component is arbitrary: it is chosen such that the coordinate farthest from 0 is positive.
    """
    indices = common_han(vocabulary, N_PROJECTED)
    table = model.embedding.weight[indices].float().cpu()  # (N, E)
    _, _, components = torch.linalg.svd(table - table.mean(0), full_matrices=False)
    coordinates = (table - table.mean(0)) @ components[:2].T  # (N, E) -> (N, 2)
    farthest = coordinates.gather(0, coordinates.abs().argmax(0, keepdim=True))  # (1, 2)
    return "".join(map(vocabulary.character, indices)), coordinates * farthest.sign()


def common_han(vocabulary: Vocabulary, n: int) -> list[int]:
    """Indices of at most n most common Han characters; a vocabulary is in order of frequency."""
    indexed = enumerate(vocabulary.characters, start=len(SPECIAL_TOKENS))
    return [index for index, character in indexed if is_han(character)][:n]
