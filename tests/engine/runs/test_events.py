"""Events and their JSON lines."""

import json
import math
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.runs import events
from engine.runs.event_log import from_line, to_line
from engine.system.errors import RunError

# A file of ours holds whole numbers of 64 bits; `parse_json` refuses a larger one.
WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**53), 2**53),
    "float": st.floats(allow_nan=True, allow_infinity=True),
    "str": TEXT,
    "bool": st.booleans(),
    "typing.Optional[int]": st.none() | st.integers(0, 10**9),
    "float | None": st.none() | st.floats(),
    "tuple[float, ...]": st.lists(st.floats(), max_size=5).map(tuple),
    "tuple[str, ...]": st.lists(TEXT, max_size=5).map(tuple),
    "collections.abc.Mapping[str, typing.Any]": st.dictionaries(TEXT, WHOLE | TEXT | st.none(), max_size=3),
}


def strategy_of(annotation: Any) -> st.SearchStrategy[Any]:
    return BY_TYPE[
        annotation.__name__
        if isinstance(annotation, type) and annotation in (int, float, str, bool)
        else str(annotation)
    ]


@st.composite
def records(draw: st.DrawFn) -> events.Record:
    kind = draw(st.sampled_from(list(events.EVENT_TYPES.values())))
    hints = get_type_hints(kind)
    fields = {name: draw(strategy_of(hints[name])) for name in kind.__struct_fields__}
    time_s = draw(st.integers(0, 2 * 10**9).map(lambda second: second + 0.125))
    return events.Record(seq=draw(st.integers(1, 10**9)), time_s=time_s, event=kind(**fields))


@given(records())
def test_an_event_is_the_same_after_a_line_nan_and_infinity_included(record: events.Record) -> None:
    line = to_line(record)
    assert "\n" not in line
    # NaN is unequal to itself, so that the written forms are compared too.
    again = from_line(line)
    assert repr(again) == repr(record)


@settings(max_examples=300)
@given(st.data())
def test_a_step_is_read_as_json_says_however_it_is_written(data: st.DataObject) -> None:
    step = {"step": 5, "epoch": 0, "loss_nats": 4.25, "lr": 2e-3, "grad_norm": 0.5, "chars_per_s": 1e4}
    if data.draw(st.booleans()):  # what runs of before did not tell
        step |= {"n_chars": 900, "epochs_done": 0.25, "loss_nats_per_han": 5.25}
    line = json.dumps({"v": 1, "seq": 3, "time_s": 12.5, "event": "step", **step}, separators=(",", ":"))
    at = data.draw(st.integers(0, len(line)))
    put = data.draw(st.text('0123456789.-+eE,:"{} \u0660Ninf', max_size=3))
    changed = line[:at] + put + line[at + data.draw(st.integers(0, 3)) :]

    def read(text: str) -> str:
        try:
            event = from_line(text).event
        except (ValueError, RunError) as error:
            return type(error).__name__
        # 4 is as good as 4.0.
        values = list(msgspec.structs.astuple(event))
        return repr([float(value) if isinstance(value, int) else value for value in values])

    # A byte order mark changes no JSON, and is read by the reader that looks closer.
    assert read(changed) == read("\ufeff" + changed)


def test_a_line_is_strict_json_with_version_number_and_name() -> None:
    step = events.Step(step=1, epoch=0, loss_nats=math.nan, lr=math.inf, grad_norm=-math.inf, chars_per_s=1.0)
    body = json.loads(to_line(events.Record(seq=3, time_s=1.23456, event=step)), parse_constant=pytest.fail)
    assert body == {
        "v": 1,
        "seq": 3,
        "time_s": 1.235,
        "event": "step",
        "step": 1,
        "epoch": 0,
        "loss_nats": "nan",
        "lr": "inf",
        "grad_norm": "-inf",
        "chars_per_s": 1.0,
        "n_chars": None,
        "epochs_done": None,
        "loss_nats_per_han": None,
    }


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "3",
        "[]",
        '{"v":1,"seq":1,"time_s":1,"event":"danced"}',
        '{"v":1,"seq":1,"time_s":1,"event":"step","step":1}',
        '{"v":1,"time_s":1,"event":"run_finished","step":1,"reason":"completed"}',
    ],
)
def test_a_line_that_is_no_event_is_a_value_error(line: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_line(line)


def test_another_version_is_refused_with_a_hint() -> None:
    with pytest.raises(RunError, match="version 2"):
        from_line('{"v":2,"seq":1,"time_s":1,"event":"step"}')


def test_what_a_newer_writer_adds_is_ignored() -> None:
    line = '{"v":1,"seq":1,"time_s":1,"event":"run_finished","step":4,"reason":"completed","mood":"good"}'
    assert from_line(line).event == events.RunFinished(step=4, reason="completed")


def test_what_earlier_versions_called_a_return_is_read_as_one() -> None:
    old = "went back to the best checkpoint, lr changed"
    line = json.dumps({"v": 1, "seq": 1, "time_s": 1, "event": "control", "step": 8, "what": old, "value": 0.001})
    assert from_line(line).event == events.Control(step=8, what=events.RETURNED, value=0.001)
