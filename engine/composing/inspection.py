"""The inspector: gates, states and distribution of the network at one step of a poem.

PyTorch's layers read the characters before the step, as in training; the equations of `engine.model.reference_cells` compute the
step itself. Tests compare both with the decoder.

Shapes: T characters before the step, V vocabulary, H hidden, L layers.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from engine.composing.constraints.forced_characters import BLANK
from engine.composing.constraints.plan import ConstraintPlan
from engine.composing.constraints.prompt import build_prompt
from engine.composing.constraints.request import is_free, plan_of
from engine.composing.constraints.token_prosody import Bools
from engine.composing.constraints.used_words import steered, with_marked
from engine.composing.decoding.particles import Particles
from engine.composing.decoding.token_masks import TokenMasks
from engine.composing.replies import Inspection, Layer, PoemStates
from engine.composing.requests import StateKind
from engine.composing.results import allowed_mass, likeliest, surprisal_nats_of
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import BEGIN, END
from engine.model.checkpoint import LoadedModel
from engine.model.reference_cells import unroll
from engine.prosody.forms.definitions import form_called
from engine.prosody.rhymes import masks_of
from engine.prosody.text import FREE_VERSE, RhymeBook, is_han
from engine.prosody.tones import reading_of
from engine.system.errors import Message, UsageError

# Decimals of the values of units, which are only displayed.
N_DECIMALS = 6


@torch.inference_mode()
def inspect(
    loaded: LoadedModel, config: ComposeConfig, text: str, index: int, n_alternatives: int = 10, n_units: int = 48
) -> Inspection:
    """Inspect the step that predicts the character at `index` of a poem; the length of the text stands for END.

    Args:
        config: the request of the poem, for the prompt and the constraints.
        n_units: number of units of each layer to return, evenly spaced; at most all of them.

    Raises:
        UsageError: for an index outside the text, or an unknown form or rhyme.
        ComposeError: when the constraints of the request contradict each other.
    """
    if not 0 <= index <= len(text):
        raise UsageError(
            Message("The text has no position {number}.", number=index),
            Message("Its positions are 0 to {number}.", number=len(text)),
        )
    model, vocabulary = loaded.model, loaded.vocabulary
    token_ids = [*vocabulary.encode(text[:index]), vocabulary.encode(text[index])[0] if index < len(text) else END]
    plan, prompt = _plan_and_prompt(loaded, config)
    read = torch.tensor([[*prompt, *token_ids[:-1]]], device=loaded.device)  # (1, T)
    state = model.features(read[:, :-1])[1] if read.shape[1] > 1 else None
    h_size = model.config.hidden_size
    units = tuple(int(unit) for unit in torch.linspace(0, h_size - 1, min(n_units, h_size)).round())
    last = next(unroll(model, read[:, -1:], state))
    log_probs = torch.log_softmax(model.logits(model.projection(last.top))[0].float().cpu(), dim=0).numpy()  # (V,)
    probability = math.exp(log_probs[token_ids[-1]])
    allowed = None if plan is None else _allowed(loaded, config, plan, token_ids)
    character, book = text[index : index + 1], _book_of(config)
    masks = masks_of(book)
    return Inspection(
        index=index,
        character=character,
        probability=probability,
        allowed_probability=min(1.0, probability / allowed_mass(log_probs, allowed)),
        surprisal_nats=surprisal_nats_of(probability),
        tone=reading_of(character, book),
        rhyme_groups=masks.names_in(masks.groups_of(character)),
        alternatives=likeliest(log_probs, allowed, vocabulary, n_alternatives),
        cell=model.config.cell,
        n_hidden=h_size,
        units=units,
        layers=tuple(_layer(layer.gates, layer.states, units) for layer in last.layers),
    )


@torch.inference_mode()
def states_of_poem(
    loaded: LoadedModel,
    config: ComposeConfig,
    text: str,
    layer: int | None,
    kind: StateKind,
    n_units: int,
    check_cancelled: Callable[[], None] = lambda: None,
) -> PoemStates:
    """The states of a layer from which each character of a poem was predicted, for the `n_units` units of largest variance.

    Args:
        layer: the layer, from 0; None: the highest.
        check_cancelled: called before every character; may raise to abort.

    Raises:
        UsageError: for a layer or a memory that the model lacks, or an unknown form or rhyme.
        ComposeError: when the constraints of the request contradict each other.
    """
    model = loaded.model
    layer = model.config.n_layers - 1 if layer is None else layer
    if layer >= model.config.n_layers:
        raise UsageError(
            Message("The model has no layer {number}.", number=layer),
            Message("Its layers are 0 to {number}.", number=model.config.n_layers - 1),
        )
    if kind == "memory" and model.config.cell != "lstm":
        raise UsageError("Only an LSTM has a memory.", "Ask for the hidden state.")
    _, prompt = _plan_and_prompt(loaded, config)
    read = torch.tensor([[*prompt, *loaded.vocabulary.encode(text[:-1])]], device=loaded.device)
    before, own = (
        read[:, : len(prompt) - 1],
        read[:, len(prompt) - 1 :],
    )  # own (1, T): the input of the step that predicts each character of the text
    steps = list[Tensor]()
    for step in unroll(model, own, model.features(before)[1] if before.shape[1] else None):
        check_cancelled()
        steps.append(step.layers[layer].states[kind][0])
    states = torch.stack(steps, dim=1)  # (H, T)
    units = states.var(dim=1, correction=0).argsort(descending=True, stable=True)[:n_units]
    return PoemStates(
        cell=model.config.cell,
        n_layers=model.config.n_layers,
        n_hidden=model.config.hidden_size,
        layer=layer,
        kind=kind,
        units=tuple(units.tolist()),
        values=tuple(map(_rounded, states[units])),
    )


def _plan_and_prompt(loaded: LoadedModel, config: ComposeConfig) -> tuple[ConstraintPlan | None, list[int]]:
    """The plan and the prompt that composing uses; the plan is None if the line lengths are open."""
    config = with_marked(config)
    if config.use:
        config = steered(config, loaded.vocabulary)
    plan = None if is_free(config) else plan_of(config, loaded.vocabulary)
    return plan, build_prompt(config, plan, loaded.vocabulary)


def _book_of(config: ComposeConfig) -> RhymeBook:
    """The rhyme book that a poem was composed with."""
    if config.form == FREE_VERSE:
        return config.rhyme_book or "pingshui"
    return form_called(config.form).in_book(config.rhyme_book).rhyme_system


def _layer(gates: Mapping[str, Tensor], states: Mapping[str, Tensor], units: Sequence[int]) -> Layer:
    magnitudes = {**gates, **{name: state.abs() for name, state in states.items()}}
    return Layer(
        gates={name: _rounded(gate[0, units]) for name, gate in gates.items()},
        states={name: _rounded(state[0, units]) for name, state in states.items()},
        means={name: round(float(values.mean()), N_DECIMALS) for name, values in magnitudes.items()},
    )


def _rounded(values: Tensor) -> tuple[float, ...]:
    return tuple(round(value, N_DECIMALS) for value in values.tolist())


def _allowed(
    loaded: LoadedModel, config: ComposeConfig, plan: ConstraintPlan, token_ids: Sequence[int]
) -> Bools | None:
    """The tokens (V,) allowed at the last of `token_ids`, given those before; None beyond the form's last slot.

    Begin and kept characters are not forced here, because another choice would compose the rest of the poem again.
    """
    vocabulary = loaded.vocabulary
    if config.begin or config.keep:
        # Without a form the kept text gives the lengths of the lines.
        keep = "".join(BLANK if is_han(one) else one for one in config.keep) if config.form == FREE_VERSE else ""
        plan = plan_of(config.replace(begin="", keep=keep, rhyme=plan.rhyme), vocabulary)
    if len(token_ids) > len(plan.slots):
        return None
    masks = TokenMasks(plan, vocabulary, loaded.lines)
    particles = Particles.initial(plan, plan.groups[None].copy(), None, np.array([BEGIN]))
    *before, slot = plan.slots[: len(token_ids)]
    for one in before:
        particles.token_ids[:, one.index] = token_ids[one.index]
        if one.is_character and one.source is None:
            masks.update(particles, one)
    allowed: Bools = np.zeros(len(vocabulary), np.bool_)
    if slot.is_character:
        allowed |= masks.allowed(particles, slot)[0]
    allowed[[END] if slot.is_end else vocabulary.encode(slot.mark)] = True
    allowed[token_ids[-1]] = True
    return allowed
