"""What a training shows of its learning: prediction beside target, and the same begin characters again and again.

Shapes: T characters, N characters of a batch that are no padding, F features, V vocabulary.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from engine.composing.composer import compose_poem
from engine.config import ComposeConfig, TrainConfig
from engine.corpus.batching import Batch
from engine.corpus.vocabulary import PAD, Vocabulary
from engine.errors import ComposeError
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel
from engine.runs import events

SAMPLE_CHARS = 80


@torch.no_grad()
def teacher_forced_preview(
    model: CharRNN, features: Tensor, batch: Batch, vocabulary: Vocabulary, step: int
) -> events.Compared:
    """The first piece of a batch, whose features (N, F) are at hand: the likeliest character at each place beside the true one."""
    target = batch.y[0][batch.y[0] != PAD]
    logits = model.logits(features[: len(target)].detach().float())  # (T, F) -> (T, V)
    probabilities = torch.softmax(logits, dim=1).cpu()
    of_target = probabilities[torch.arange(len(target)), torch.from_numpy(target)].tolist()
    return events.Compared(
        step=step,
        prediction=_one_glyph_each(probabilities.argmax(1).tolist(), vocabulary),
        target=_one_glyph_each(target.tolist(), vocabulary),
        probability=tuple(round(probability, 4) for probability in of_target),
    )


def _one_glyph_each(indices: list[int], vocabulary: Vocabulary) -> str:
    """A character for every index, so that two texts stand aligned; an end is shown as E, as the experiment does."""
    return "".join(vocabulary.character(index) or "E" for index in indices)


def sampled_poems(model: CharRNN, vocabulary: Vocabulary, config: TrainConfig, step: int) -> Iterator[events.Sampled]:
    """A poem for each begin character, with the same seeds every time, so that only the learning changes them."""
    model.eval()
    loaded = LoadedModel("sample", model, vocabulary, {})
    for offset, begin in enumerate(config.begin_characters):
        wish = ComposeConfig(
            begin=begin, seed=config.seed + offset, temperature=config.sample_temperature, max_chars=SAMPLE_CHARS
        )
        try:
            poem = compose_poem(loaded, wish)
        except ComposeError:
            continue  # a small corpus need not know every begin character
        yield events.Sampled(step=step, begin=begin, text=poem.text, seed=wish.seed, temperature=wish.temperature)
