"""Lists that go to an entry while its name is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import OptionList, Select

from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.favourites.poem_list import PoemShelf
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.keymap import TypeAhead, next_with
from poetry_tui.preferences.settings import Settings
from poetry_tui.train.run_list import RunList
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.widgets.cards import Choose
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run


@pytest.fixture(autouse=True)
def typed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is."""
    monkeypatch.setattr(TypeAhead, "MAX_PAUSE_S", float("inf"))


MODELS = ["studio-gru", "studio-lstm", "mine [/b]", "nndl"]


async def test_a_list_of_values_goes_to_the_name_that_is_typed() -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        await app.push_screen(Choose("models", MODELS, 0))
        options = app.screen.query_one(OptionList)
        for key, expected in (("n", 3), ("m", 2)):
            await pilot.press(key)
            assert options.highlighted == expected
        await pilot.press(*"studio", "minus", "l")
        assert options.highlighted == 1


def test_one_character_typed_again_goes_to_the_next_entry() -> None:
    jump, names = TypeAhead(), ["一东", "二冬", "三江", "十一真 东"]
    assert jump.find(names, "东", 0) == 3
    assert jump.find(names, "东", 3) == 0
    assert jump.find(names, "x", 0) is None
    assert jump.find(names, " ", 0) is None


@given(names=st.lists(st.text("abc东江", min_size=1, max_size=4), min_size=1, max_size=8), data=st.data())
def test_a_whole_name_typed_finds_an_entry_that_begins_with_it(names: list[str], data: st.DataObject) -> None:
    jump, index = TypeAhead(), 0
    name = data.draw(st.sampled_from(names))
    for character in name:
        found = jump.find(names, character, index)
        assert found is not None
        index = found
    assert names[index].startswith(name)


async def test_the_corpora_of_the_form_are_found_by_typing(train_first: None, until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        form = app.screen.query_one(RunSettings)
        await until(pilot, lambda: form.row("preset").control.has_focus)
        form.show_corpora(["tang", "mine [/b]", "zhou"])
        select = form.row("corpus").query_one(Select)
        select.focus()
        await pilot.press("enter", "z", "h", "enter")
        await pilot.pause()
        assert form.corpus == "zhou"
        await pilot.press("enter", "m", "i", "enter")
        await pilot.pause()
        assert form.corpus == "mine [/b]"


async def test_runs_and_poems_are_found_by_a_han_character(train_first: None, until: Until) -> None:
    for day, name in enumerate(("山", "湖")):
        folder = make_run.write_run(paths.runs() / f"2026112{3 - day}-101500-nndl-lstm", make_run.life(50), alive=False)
        (folder / "labels.json").write_text(f'{{"name": "{name}"}}', encoding="utf-8")
    for text in ("日暮江头一笛风。", "夜深人静月如霜。"):
        FavouriteStore().add(Favourite(0, text, text[0], "studio-lstm", 7))
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        runs = app.screen.query_one(RunList)
        await until(pilot, lambda: runs.option_count == 2 and runs.highlighted is not None)
        await pilot.press("b")
        for name in "湖山":
            await pilot.press(name)
            assert runs.pointed_at is not None
            assert name in str(runs.highlighted_option and runs.highlighted_option.prompt)
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query(PoemShelf) and app.screen.query_one(PoemShelf).chosen is not None)
        shelf = app.screen.query_one(PoemShelf)
        for name in "江月":
            await pilot.press(name)
            assert shelf.chosen is not None
            assert name in shelf.chosen.text


@pytest.mark.parametrize(
    ("values", "index", "found"),
    [([], 0, None), (["日", "月"], 0, 0), (["日", "月日"], 0, 1), (["日", "月"], 1, 0), (["月"], 5, None)],
)
def test_a_typed_character_goes_to_the_next_entry_with_it_and_nowhere_in_an_empty_list(
    values: list[str], index: int, found: int | None
) -> None:
    assert next_with(values, "日", index) == found
