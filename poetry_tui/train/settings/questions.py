"""The questions of the settings form: their order, their choices, and the conversion of answers to values.

Derived from the fields of `TrainConfig` and `ModelConfig`, so a new setting appears in the form by itself. Knows no Textual.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.config.options import Setting, settings_of
from engine.config.presets import PRESETS, preset
from engine.config.schema import ARCHITECTURE_FIELDS, ModelConfig, TrainConfig
from engine.model.metadata import architecture_of, read_metadata
from engine.model.registry import find_model, list_models, runs_with_a_model
from engine.system.errors import StudioError, UsageError

# The settings shown at once, in this order; all others are behind "more".
MAIN = (
    "preset",
    "corpus",
    "cell",
    "n_layers",
    "embedding_size",
    "hidden_size",
    "dropout",
    "tied",
    "init",
    "optimizer",
    "learning_rate",
    "schedule",
    "batch_size",
    "n_epochs",
    "max_steps",
    "device",
)
YES, NO = "yes", "no"
# The setting that names the model to start from; empty means from scratch.
BEGINNING = "start_from"


@dataclass(frozen=True, slots=True)
class Question:
    """One setting. `choices`: the possible answers; empty for free text. `of_model`: a field of `ModelConfig`."""

    name: str
    help: str
    choices: tuple[str, ...]
    of_model: bool
    kind: type
    may_be_empty: bool

    def text_of(self, config: TrainConfig) -> str:
        """The setting's value in a configuration, as an answer."""
        value = getattr(config.model if self.of_model else config, self.name)
        if isinstance(value, bool):
            return YES if value else NO
        return "" if value is None else str(value)

    def value_of(self, text: str) -> Any:
        """Convert an answer to a value.

        Raises:
            UsageError: the answer has the wrong type or is out of range.
        """
        value = self._parse(text.strip())
        checked: type[ModelConfig] | type[TrainConfig] = ModelConfig if self.of_model else TrainConfig
        checked(**{self.name: value})
        return value

    def _parse(self, text: str) -> Any:
        if self.kind is bool:
            return text == YES
        if self.may_be_empty and not text:
            return None
        try:
            return self.kind(text)
        except ValueError:
            kind = "a whole number" if self.kind is int else "a number"
            raise UsageError(
                "{name} must be {kind}, not {value}.", self.help, name=self.name, kind=kind, value=f"{text!r}"
            ) from None


def questions() -> list[Question]:
    """Every setting: those of `MAIN` first, in its order, then the others in the order of the configuration."""
    found = [_question(setting, of_model=True) for setting in settings_of(ModelConfig)]
    found += [_question(setting, of_model=False) for setting in settings_of(TrainConfig)]
    return sorted(found, key=lambda question: MAIN.index(question.name) if question.name in MAIN else len(MAIN))


def _question(setting: Setting, of_model: bool) -> Question:
    choices = (YES, NO) if setting.kind is bool else setting.choices
    if setting.name == "preset":
        choices = tuple(PRESETS)
    return Question(setting.name, setting.help, choices, of_model, setting.kind, setting.is_optional)


def answers_of(config: TrainConfig) -> dict[str, str]:
    """The answers for a configuration, by setting."""
    return {question.name: question.text_of(config) for question in questions()}


def answers_of_preset(name: str) -> dict[str, str]:
    """The answers for a preset, by setting. Raises UsageError for an unknown preset."""
    return answers_of(preset(name))


def possible_beginnings() -> list[str]:
    """The names that `start_from` accepts: models, then runs with a checkpoint, the latest first."""
    models = [model.name for model in list_models() if not model.problem]
    return list(dict.fromkeys((*models, *runs_with_a_model())))


def answers_of_shape(name: str) -> dict[str, str]:
    """The answers for the network's shape that starting from this model requires.

    Raises:
        ModelError: there is no such model, or it is damaged.
    """
    folder = find_model(name)
    config = TrainConfig(model=architecture_of(folder, read_metadata(folder)))
    return {question.name: question.text_of(config) for question in questions() if question.name in ARCHITECTURE_FIELDS}


def config_of(answers: Mapping[str, str]) -> tuple[TrainConfig | None, dict[str, StudioError]]:
    """Convert the answers to a configuration; with any error, return None and the errors by setting."""
    model: dict[str, Any] = {}
    training: dict[str, Any] = {}
    errors: dict[str, StudioError] = {}
    for question in questions():
        try:
            (model if question.of_model else training)[question.name] = question.value_of(answers[question.name])
        except UsageError as error:
            errors[question.name] = error
    if beginning := answers[BEGINNING].strip():
        errors |= _misfits(answers, beginning)
    if errors:
        return None, errors
    return TrainConfig(model=ModelConfig(**model), **training), {}


def _misfits(answers: Mapping[str, str], beginning: str) -> dict[str, StudioError]:
    """The errors, by setting, that prevent a training from starting from this model."""
    try:
        shape = answers_of_shape(beginning)
    except StudioError as error:
        return {BEGINNING: error}
    return {
        name: UsageError("{name} has {found} here.", "Take that, or begin from scratch.", name=beginning, found=answer)
        for name, answer in shape.items()
        if answers[name].strip() != answer
    }
