"""Question and method of a report: worded from the settings of its runs."""

from collections.abc import Mapping
from typing import Any

from engine.config.presets import preset
from poetry_tui.preferences.i18n import in_language
from poetry_tui.tracking.report.blocks import Paragraph, Table
from poetry_tui.tracking.report.history import RunHistory
from poetry_tui.tracking.report.page import blocks, question_and_method
from tests.poetry_tui.tracking import make_run


def history(about: Mapping[str, Any] | None = None, **changes: Any) -> RunHistory:
    """A run of `nndl` with some settings of its own."""
    config = preset("nndl")
    model = {name: changes.pop(name) for name in list(changes) if hasattr(config.model, name)}
    run = RunHistory("a run", about=about or {})
    said = [make_run.started(config.replace(model=config.model.replace(**model), **changes)), make_run.step(40)]
    for record in make_run.records(said):
        run.state.fold(record)
    return run


def text_of(*histories: RunHistory) -> str:
    with in_language("en"):
        return "\n".join(block.text for block in question_and_method(histories) if isinstance(block, Paragraph))


def test_the_question_names_what_differs_and_its_values() -> None:
    text = text_of(history(init="plain"), history(init="xavier"))
    assert text.startswith("What difference does it make: init (plain, xavier)?")
    assert "One seed for each setting" in text


def test_runs_that_differ_in_the_seed_ask_for_the_spread() -> None:
    text = text_of(history(seed=1), history(seed=2))
    assert text.startswith("How far do trainings differ whose seeds alone differ?")
    assert "seed 1 / 2" in text
    assert "One seed for each setting" not in text


def test_where_a_run_was_made_is_no_question() -> None:
    assert text_of(history(device="cpu"), history(device="auto")).startswith("How well does this network learn")


def test_the_method_says_network_data_and_training_of_one_run() -> None:
    text = text_of(history({"corpus": {"name": "tang", "n_poems": 54469, "licence": "MIT"}}, hidden_size=96))
    for said in (
        "2 layers of lstm, 96 units",
        "tang (54,469; MIT)",
        "rmsprop, learning rate 0.002",
        "40 steps, seed 1",
    ):
        assert said in text


def test_a_run_that_told_no_settings_has_neither_question_nor_method() -> None:
    assert text_of(RunHistory("silent")) == ""


def test_the_tables_of_a_chinese_report_are_chinese() -> None:
    run = history({"corpus": {"name": "tang", "n_poems": 54469, "licence": "MIT"}}, tied=True)
    with in_language("zh"):
        *_, settings, machine = [block for block in blocks([run]) if isinstance(block, Table)]
    assert ("tied", "是") in settings.rows
    assert machine.header == ("", "设备", "版本", "语料")
    assert machine.rows[0][-1] == "tang (54,469; MIT)"
