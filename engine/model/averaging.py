"""The mean of several models' weights, where they began with one model and differ by their seed, or by how they were trained.

What each of them has learnt by heart differs; what they agree in stays. So the mean knows poems that it has not read better than any
of them (Wortsman et al. 2022, model soups), and costs no more to compose with.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from engine.config import ARCHITECTURE_FIELDS
from engine.errors import ModelError
from engine.model.checkpoint import LoadedModel

# What is remembered of each of the models.
REMEMBERED = ("name", "training", "steps", "n_chars_seen")


@torch.no_grad()
def mean_of(models: Sequence[LoadedModel], shares: Sequence[float] | None = None) -> LoadedModel:
    """A model in the middle of at least two, in the place of the first; its metadata tells of all in `mean_of`.

    `shares`: how much each counts, one number a model, of any sum; all alike where it is None.

    Raises:
        ModelError: when they do not know the same characters and tags, or did not begin with the same model.
    """
    first = models[0]
    shares = [1.0] * len(models) if shares is None else shares
    for other in models[1:]:
        if _shape(other) != _shape(first) or other.vocabulary != first.vocabulary:
            raise ModelError(
                "{name} and {other} have no mean: they are not networks of one kind that know the same characters.",
                "Average trainings that began with one model and read one corpus.",
                name=first.name,
                other=other.name,
            )
        if _beginning(other) is None or _beginning(other) != _beginning(first):
            raise ModelError(
                "{name} and {other} have no mean: they did not begin with the same model.",
                "Begin several trainings with one model (--start-from), each with another --seed.",
                name=first.name,
                other=other.name,
            )
    # Of a tied model the parameters name the shared table once, where its state has it twice.
    for weight, *others in zip(*(model.model.parameters() for model in models), strict=True):
        counted = torch.tensor(shares, dtype=weight.dtype, device=weight.device) / sum(shares)
        weight.copy_(torch.tensordot(counted, torch.stack([weight, *others]), dims=1))
    metadata = {key: value for key, value in first.metadata.items() if key != "figures"}
    members = [
        {**{key: model.metadata[key] for key in REMEMBERED if key in model.metadata}, "share": share / sum(shares)}
        for model, share in zip(models, shares, strict=True)
    ]
    return LoadedModel(first.name, first.model.eval(), first.vocabulary, {**metadata, "mean_of": members}, first.lines)


def _shape(model: LoadedModel) -> tuple[object, ...]:
    return tuple(getattr(model.model.config, name) for name in ARCHITECTURE_FIELDS)


def _beginning(model: LoadedModel) -> Mapping[str, Any] | None:
    beginning: Mapping[str, Any] | None = model.metadata.get("started_from")
    return beginning
