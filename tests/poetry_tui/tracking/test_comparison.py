"""Runs side by side: what differs, what is best, what an earlier version left unsaid."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len

from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.runs.events import LR_CHANGED, Control, Event
from poetry_tui.tracking.comparison import Comparison, Row, compare
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import summarise
from poetry_tui.train.monitor.comparison import fold
from tests.poetry_tui.tracking import make_run


def state_of(said: list[Event]) -> RunState:
    state = RunState()
    for record in make_run.records(said):
        state.fold(record)
    return state


def side_by_side(*configs: TrainConfig) -> Comparison:
    states = [state_of([make_run.started(config), *make_run.life(300)[1:]]) for config in configs]
    return compare([(f"run-{number}", Status.COMPLETED, state) for number, state in enumerate(states)])


def row_of(rows: tuple[Row, ...], name: str) -> Row:
    return next(row for row in rows if row.name == name)


def test_the_settings_that_differ_come_first_and_the_others_are_all_there() -> None:
    base = preset("nndl")
    found = side_by_side(base, base.replace(seed=9, model=base.model.replace(cell="gru")))
    assert {row.name for row in found.differing} == {"seed", "cell"}
    assert found.settings[:2] == found.differing
    assert row_of(found.settings, "cell").values == ("lstm", "gru")
    assert row_of(found.settings, "learning_rate").values == ("0.002", "0.002")


def test_a_learning_rate_changed_in_training_is_a_difference_and_pauses_are_counted(
    tmp_path: Path,
) -> None:
    changed = [*make_run.life(300), Control(step=300, what=LR_CHANGED, value=0.005), make_run.paused(300)]
    runs = [("as set", Status.COMPLETED, state_of(make_run.life(300))), ("changed", Status.PAUSED, state_of(changed))]
    found = compare(runs)
    (row,) = found.differing
    assert (row.name, row.values) == ("learning_rate", ("0.002", "0.002 → 0.005 @ 300"))
    assert row_of(found.figures, "report.pauses").values == ("-", "1")
    summary = summarise(make_run.write_run(tmp_path / "changed", changed))
    assert summary.rate_changes == ((300, 0.005),)
    assert summary.to_dict()["rate_changes"] == [{"step": 300, "learning_rate": 0.005}]


def test_a_setting_that_an_earlier_version_did_not_know_differs_only_where_it_was_used() -> None:
    now = preset("nndl")
    earlier = make_run.started(now)
    config = {name: value for name, value in earlier.config.items() if name != "conditioning_prob"}
    old = RunState()
    old.started = replace(make_run.started(now), config=config)
    runs = [("old", Status.COMPLETED, old), ("new", Status.COMPLETED, state_of([make_run.started(now)]))]
    assert compare(runs).differing == ()


def test_the_fewest_nats_are_the_best_and_what_all_have_alike_is_not() -> None:
    slow = state_of(make_run.life(250))
    long = state_of(make_run.life(1000))
    found = compare([("short", Status.LOST, slow), ("long", Status.COMPLETED, long)])
    assert row_of(found.figures, "report.val_nats").best == {1}
    assert row_of(found.figures, "report.params").best == frozenset()
    assert row_of(found.figures, "report.speed").best == frozenset()
    assert row_of(compare([("one", Status.LOST, slow)]).figures, "report.val_nats").best == frozenset()


def test_nats_on_other_poems_are_said_not_to_compare() -> None:
    base = preset("nndl")
    assert side_by_side(base, base.replace(seed=3)).validates_alike
    assert side_by_side(base, base.replace(max_chars=64)).validates_alike  # held-out poems are never cut
    assert not side_by_side(base, base.replace(corpus="tang-song")).validates_alike
    assert not side_by_side(base, base.replace(anneal_fraction=0.3, anneal_max_chars=80)).validates_alike


def test_a_run_that_has_said_nothing_has_a_column_too() -> None:
    found = compare([("silent", Status.STARTING, RunState()), ("told", Status.LOST, state_of(make_run.life(250)))])
    assert row_of(found.figures, "report.val_nats").values[0] == "-"
    assert row_of(found.settings, "cell").values == ("-", "lstm")


@given(st.text(st.sampled_from("ab -/日山"), max_size=40), st.integers(2, 20))
def test_a_folded_value_fits_its_column_and_loses_nothing_but_space(text: str, width: int) -> None:
    lines = fold(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_value_is_broken_behind_hyphens_and_spaces_where_it_can_be() -> None:
    assert fold("12,000 / 12,000", 9) == ["12,000 /", "12,000"]
    assert fold("20261123-101500-nndl", 10) == ["20261123-", "101500-", "nndl"]
    assert fold("completed", 5) == ["compl", "eted"]
