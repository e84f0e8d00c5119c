"""Warm start: initialise a model from another one, to continue its training with other poems or control codes.

Shapes: V vocabulary.
"""

import torch

from engine.config.schema import ARCHITECTURE_FIELDS
from engine.corpus.tokens.control_codes import KEYWORD, TITLE
from engine.corpus.tokens.vocabulary import SPECIAL_TOKENS, Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel
from engine.system.errors import ModelError

# The known tag that a new one is initialised from: the title-mark also precedes words about the topic.
NEAREST_TAG = {KEYWORD: TITLE}
# Fraction of its random initial embedding that a new control code keeps.
NOISE = 0.3


@torch.no_grad()
def warm_start(model: CharRNN, vocabulary: Vocabulary, source: LoadedModel) -> int:
    """Copy the weights of `source` into `model`, matching characters and tags by name.

    Characters that the source does not know keep their initial weights. The embedding of an unknown tag is initialised from the
    nearest known one (the keyword-mark from the title-mark, any other from the mean of all tags), plus `NOISE` times its random
    initial embedding, so that no two tags are equal. Tags are never predicted.

    Returns:
        the number of indices of the vocabulary that the source knows.

    Raises:
        ModelError: when the two architectures differ.
    """
    ours, theirs = model.config, source.model.config
    different = [name for name in ARCHITECTURE_FIELDS if getattr(ours, name) != getattr(theirs, name)]
    if different:
        name = different[0]
        raise ModelError(
            "The training cannot begin with {name}: its {setting} is {found}, not {wanted}.",
            "Leave cell, layers, sizes and connections away: it takes those of the model that it begins with.",
            name=source.name,
            setting=name,
            found=getattr(theirs, name),
            wanted=getattr(ours, name),
        )
    wanted, found = _shared_indices(vocabulary, source.vocabulary)
    before = model.embedding.weight.detach().clone()  # (V, E)
    by_vocabulary = {"embedding.weight", "output_weight", "output_bias"}
    their_weights = source.model.state_dict()
    for key, weight in model.state_dict().items():
        their_weight = their_weights[key].to(weight)
        if key in by_vocabulary:
            weight[wanted] = their_weight[found]  # (V, …)
        else:
            weight.copy_(their_weight)
    _begin_new_tags(model, vocabulary, source, before)
    return len(wanted)


def _begin_new_tags(model: CharRNN, vocabulary: Vocabulary, source: LoadedModel, before: torch.Tensor) -> None:
    """Initialise the embeddings of the tags that the source lacks, if it has any tags. `before`: the initial embedding (V, E)."""
    theirs = source.vocabulary
    if not theirs.tags:
        return
    table = source.model.embedding.weight  # (V, E)
    mean = table[theirs.n_predictable :].mean(dim=0)  # (E,)
    for name in vocabulary.tags:
        if theirs.tag(name) is not None:
            continue
        here, related = vocabulary.tag(name), theirs.tag(NEAREST_TAG.get(name, ""))
        beginning = mean if related is None else table[related]
        model.embedding.weight[here] = beginning.to(before) + NOISE * before[here]


def _shared_indices(vocabulary: Vocabulary, other: Vocabulary) -> tuple[list[int], list[int]]:
    """The indices of the tokens that both vocabularies have, in the first and in the second."""
    wanted, found = list(range(len(SPECIAL_TOKENS))), list(range(len(SPECIAL_TOKENS)))
    for name, index in vocabulary.word_int_map.items():
        if name in other:
            wanted.append(index)
            found.append(other.word_int_map[name])
    for name in vocabulary.tags:
        here, there = vocabulary.tag(name), other.tag(name)
        if here is not None and there is not None:
            wanted.append(here)
            found.append(there)
    return wanted, found
