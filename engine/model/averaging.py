"""Weight averaging of models that were trained from the same initial model, with different seeds or settings.

The average predicts held-out poems better than any of the models (model soups, Wortsman et al. 2022), at the inference cost of one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from engine.config.schema import ARCHITECTURE_FIELDS
from engine.model.checkpoint import LoadedModel
from engine.system.errors import ModelError

# Metadata fields of each averaged model that its entry in `mean_of` keeps.
REMEMBERED = ("name", "training", "steps", "n_chars_seen")


@torch.no_grad()
def mean_of(models: Sequence[LoadedModel], shares: Sequence[float] | None = None) -> LoadedModel:
    """Average at least two models into the first, which is overwritten; the metadata lists all of them in `mean_of`.

    `shares`: weight of each model in the average, normalised here; None: equal weights.

    Raises:
        ModelError: when the architectures or vocabularies differ, or the models were not started from the same model.
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
    # `parameters()`, not `state_dict()`: it lists the shared table of a tied model once, so that it is not averaged twice.
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
