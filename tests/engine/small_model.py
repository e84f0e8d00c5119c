"""A model small enough to be made anew for every test; its weights are random."""

from pathlib import Path
from typing import Any

import torch

from engine.config.schema import Cell, ModelConfig
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel, save_model

VOCABULARY = Vocabulary("，。日月山水风花雪夜江湖海君红春秋人天地云雨")


def small_config(cell: Cell = "lstm", **architecture: Any) -> ModelConfig:
    return ModelConfig(cell=cell, embedding_size=12, hidden_size=16, **architecture)


def small_model(
    cell: Cell = "lstm", *, seed: int = 1, vocabulary: Vocabulary = VOCABULARY, **architecture: Any
) -> LoadedModel:
    """A model with opinions: its weights are far from 0, so that states and probabilities differ visibly."""
    torch.manual_seed(seed)
    model = CharRNN(small_config(cell, **architecture), len(vocabulary)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.4)
    return LoadedModel("small", model, vocabulary, {})


def save_small_model(folder: Path, cell: Cell = "lstm", **architecture: Any) -> Path:
    loaded = small_model(cell, **architecture)
    save_model(folder, loaded.model, loaded.vocabulary, {"name": "small", "steps": 7})
    return folder
