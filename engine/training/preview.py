"""Previews of a model during training: prediction beside target, and sample poems.

Shapes: N characters of a batch without padding, T characters, F features, V vocabulary.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.composing.composer import compose_poem
from engine.config.schema import ComposeConfig, TrainConfig
from engine.corpus.tokens.batching import Batch
from engine.corpus.tokens.vocabulary import PAD, Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel
from engine.runs import events
from engine.system.errors import ComposeError

SAMPLE_CHARS = 80


@torch.no_grad()
def teacher_forced_preview(
    model: CharRNN, features: Tensor, batch: Batch, vocabulary: Vocabulary, step: int
) -> events.Compared:
    """Compare prediction and target of a batch's first segment, from the features (N, F) of the training step."""
    target = batch.y[0][batch.y[0] != PAD]
    logits = model.logits(features[: len(target)].detach().float())  # (T, F) -> (T, V)
    probabilities = torch.softmax(logits, dim=1).cpu()
    of_target = probabilities[torch.arange(len(target)), torch.from_numpy(target)].tolist()
    return events.Compared(
        step=step,
        prediction=_one_character_each(probabilities.argmax(1).tolist(), vocabulary),
        target=_one_character_each(target.tolist(), vocabulary),
        probability=tuple(round(probability, 4) for probability in of_target),
    )


def _one_character_each(indices: list[int], vocabulary: Vocabulary) -> str:
    """One character for each index, so that two texts align; the end token is shown as E."""
    return "".join(vocabulary.character(index) or "E" for index in indices)


def sampled_poems(model: CharRNN, vocabulary: Vocabulary, config: TrainConfig, step: int) -> Iterator[events.Sampled]:
    """Compose a poem for each begin character, with the same seeds every time."""
    model.eval()
    loaded = LoadedModel("sample", model, vocabulary, {})
    for offset, begin in enumerate(config.begin_characters):
        request = ComposeConfig(
            begin=begin, seed=config.seed + offset, temperature=config.sample_temperature, max_chars=SAMPLE_CHARS
        )
        try:
            poem = compose_poem(loaded, request)
        except ComposeError:
            continue  # a small corpus may lack the begin character
        yield events.Sampled(step=step, begin=begin, text=poem.text, seed=request.seed, temperature=request.temperature)
