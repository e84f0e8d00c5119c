"""A model small enough to be made anew for every test; its weights are random."""

from pathlib import Path

import torch

from engine.checkpoint import LoadedModel, save_model
from engine.config import Cell, ModelConfig
from engine.model import PoemModel
from engine.vocabulary import Vocabulary

VOCABULARY = Vocabulary("，。日月山水风花雪夜江湖海君红春秋人天地云雨")


def small_config(cell: Cell = "lstm", *, n_layers: int = 2, tied: bool = True) -> ModelConfig:
    return ModelConfig(cell=cell, n_layers=n_layers, embedding_size=12, hidden_size=16, tied=tied)


def small_model(
    cell: Cell = "lstm", *, n_layers: int = 2, tied: bool = True, seed: int = 1, vocabulary: Vocabulary = VOCABULARY
) -> LoadedModel:
    """A model with opinions: its weights are far from 0, so that states and probabilities differ visibly."""
    torch.manual_seed(seed)
    model = PoemModel(small_config(cell, n_layers=n_layers, tied=tied), len(vocabulary)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.4)
    return LoadedModel("small", model, vocabulary, {})


def save_small_model(folder: Path, cell: Cell = "lstm", *, tied: bool = True) -> Path:
    loaded = small_model(cell, tied=tied)
    save_model(folder, loaded.model, loaded.vocabulary, {"name": "small", "steps": 7})
    return folder
