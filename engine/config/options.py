"""Declared settings: the declaration of a field has its type, range and help.

A field is `Annotated[kind, Meta(ge=, le=, description=)]` of a class derived from `DeclaredSettings` (`schema`). `settings_of` reads the
declarations; flags, help, the form of the Train screen and the range checks are derived from them.
"""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, Self, get_args, get_origin, get_type_hints

import msgspec

from engine.system.errors import Message, UsageError
from engine.system.names import MAX_TEXT_CHARS, shown

# Names of settings in files (config.json, model.json, events.jsonl) and command lines of older versions.
OLD_NAMES: Mapping[str, str] = {
    "batch_poems": "batch_size",
    "header_share": "conditioning_prob",
    "late_longest_poem": "anneal_max_chars",
    "late_share": "anneal_fraction",
    "longest_poem": "max_poem_chars",
    "min_count": "min_freq",
    "tone_order": "tone_pattern",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One declared field. `low` and `high` are inclusive; `choices` is empty if any value of `kind` in the range is valid.

    `group`: the title under which help lists the field.
    """

    name: str
    help: str
    kind: type[bool] | type[int] | type[float] | type[str]
    choices: tuple[str, ...]
    low: float
    high: float
    is_optional: bool
    group: str

    def check(self, value: Any) -> None:
        """Raise a UsageError if a value is invalid for the field."""
        if value is None and self.is_optional:
            return
        if self.choices:
            if value not in self.choices:
                raise UsageError(
                    "{name} cannot be {value}.",
                    "Choose one of: {names}.",
                    name=self.name,
                    value=shown(value),
                    names=self.choices,
                )
            return
        problem = self._problem(value)
        if problem is not None:
            raise UsageError(problem, "It means: {meaning}.", meaning=Message(self.help))
        # A lone surrogate (half a character, or a byte of a command line that is no UTF-8) cannot be written to a file.
        if isinstance(value, str) and any("\ud800" <= one <= "\udfff" or one == "\0" for one in value):
            raise UsageError(
                "{name} holds what is no text: {value}.", "Write it in UTF-8.", name=self.name, value=shown(value)
            )

    def _problem(self, value: Any) -> Message | None:
        """What is wrong with the type, the range or the length of a value."""
        name, expected = self.name, (int, float) if self.kind is float else self.kind
        if not isinstance(value, expected) or (isinstance(value, bool) and self.kind is not bool):
            kind = self.kind.__name__
            return Message("{name} must be of type {kind}, not {value}.", name=name, kind=kind, value=shown(value))
        # NaN fails this comparison too.
        if isinstance(value, int | float) and not self.low <= value <= self.high:
            low, high = f"{self.low:.10g}", f"{self.high:.10g}"
            return Message(
                "{name} is {value}, outside {low} to {high}.", name=name, value=shown(value), low=low, high=high
            )
        if isinstance(value, str) and len(value) > MAX_TEXT_CHARS:
            n, most = f"{len(value):,}", f"{MAX_TEXT_CHARS:,}"
            return Message("{name} has {number} characters, and may have {number2}.", name=name, number=n, number2=most)
        return None


class DeclaredSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the settings classes: validation, and conversion to and from plain dictionaries.

    `GROUPS`: maps the first setting of each group to the group's title.
    """

    GROUPS: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        for setting in settings_of(type(self)):
            setting.check(getattr(self, setting.name))

    def to_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build from plain values, under current or older names.

        Raises:
            UsageError: when `values` is no mapping, or for an unknown name, a wrong type or a value out of range.
        """
        if not isinstance(values, Mapping):
            raise UsageError("{value} holds no settings.", "Settings are names with their values.", value=shown(values))
        values = with_current_names(values)
        unknown = sorted(set(values) - set(cls.__struct_fields__), key=str)
        if unknown:
            raise UsageError(
                "There is no setting called {name}.",
                "Known settings: {names}.",
                name=shown(unknown[0]),
                names=tuple(sorted(cls.__struct_fields__)),
            )
        return cls(**values)

    def replace(self, **changes: Any) -> Self:
        return msgspec.structs.replace(self, **changes)


@functools.cache
def settings_of(kind: type[DeclaredSettings]) -> tuple[Setting, ...]:
    """The fields of a settings class that have a description, in order of declaration."""
    hints = get_type_hints(kind, include_extras=True)
    found, group = [], ""
    for name in kind.__struct_fields__:
        group = kind.GROUPS.get(name, group)
        if get_origin(hints[name]) is Annotated:
            found.append(_setting(name, hints[name], group))
    return tuple(found)


def _setting(name: str, declared: Any, group: str) -> Setting:
    """Read a field's `Annotated[kind, Meta]` or `Annotated[Annotated[kind, Meta] | None, Meta]`."""
    of_value, *metas = get_args(declared)
    is_optional = NoneType in get_args(of_value)
    if is_optional:
        of_value = next(part for part in get_args(of_value) if part is not NoneType)
    if get_origin(of_value) is Annotated:
        of_value, *inner = get_args(of_value)
        metas += inner
    choices = get_args(of_value) if get_origin(of_value) is Literal else ()
    given: dict[str, Any] = {
        key: getattr(meta, key)
        for meta in metas
        for key in ("description", "ge", "le")
        if getattr(meta, key) is not None
    }
    return Setting(
        name,
        help=given["description"],
        kind=str if choices else of_value,
        choices=choices,
        low=given.get("ge", -math.inf),
        high=given.get("le", math.inf),
        is_optional=is_optional,
        group=group,
    )


def with_current_names(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with older names replaced by the current ones. If both are present, the value of the current name wins."""
    current = {OLD_NAMES.get(name, name): value for name, value in values.items()}
    return {**current, **{name: value for name, value in values.items() if name in current}}


def check_setting(kind: type[DeclaredSettings], name: str, value: Any) -> None:
    """Raise a UsageError if a settings class has a setting of that name for which the value is invalid."""
    for setting in settings_of(kind):
        if setting.name == name:
            setting.check(value)
