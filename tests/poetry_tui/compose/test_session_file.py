"""Poems that nobody kept: they lie on the desk again at the next start, whatever ended the studio."""

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import paths
from engine.service.protocol import Alternative, Poem, Token
from poetry_tui.compose.revisions import Draft, Wish
from poetry_tui.compose.session import Composition, Sitting
from poetry_tui.compose.session_file import MAX_POEMS, DeskFile, n_unkept
from poetry_tui.favourites.store import FavouriteStore
from tests.poetry_tui.compose.desk import open_desk
from tests.poetry_tui.conftest import Until

FILE = "desks/1.json"


def sitting_of(*texts: str) -> Sitting:
    """Poems that are over, each but the first written anew from the one before."""
    sitting = Sitting()
    for number, text in enumerate(texts):
        glyphs = [Token(i, c, 0.5, 0.7, i == 0, (Alternative("江", 0.25, 0.5),), 0.5) for i, c in enumerate(text)]
        done = Poem(text[0], text, number, "studio-lstm", -12.5, "end", -2.5, "一东", 8)
        wish = Wish({"begin": text[0], "seed": number, "form": "free"}, "studio-lstm", number - 1 if number else None)
        sitting.add(Composition(wish, glyphs, float(len(glyphs)), done))
        sitting.settle()
    return sitting


def test_poems_locks_and_the_tree_come_back(tmp_path: Path) -> None:
    sitting = sitting_of("日暮江头。", "日出江花。", "山中。")
    sitting.compositions[1].is_kept = True
    sitting.stand(sitting.draft.to(1).at(2).toggle_lock())
    desk = DeskFile(tmp_path)
    assert desk.open() == Sitting()
    desk.save(sitting)
    desk.close()
    found = DeskFile(tmp_path).open()
    assert found.draft.variants == sitting.draft.variants
    assert found.draft.number == 1
    assert found.current is not None
    assert (found.current.text, found.current.is_kept, found.current.is_over) == ("日出江花。", True, True)
    assert n_unkept(found) == 2


def test_two_studios_have_a_desk_each_and_the_next_one_has_the_poems_of_both(tmp_path: Path) -> None:
    first, second = DeskFile(tmp_path), DeskFile(tmp_path)
    assert first.open() == second.open() == Sitting()
    first.save(sitting_of("日暮。", "日出。"))
    second.save(sitting_of("山中。"))
    # A third, while both run, takes nothing from them.
    third = DeskFile(tmp_path)
    assert third.open() == Sitting()
    for desk in (first, second, third):
        desk.close()
    found = DeskFile(tmp_path).open()
    assert [poem.text for poem in found.compositions] == ["山中。", "日暮。", "日出。"]
    assert [variant.parent for variant in found.draft.variants] == [None, None, 1]
    assert found.draft.number == 2
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["1.json"]


def test_the_oldest_poems_make_room(tmp_path: Path) -> None:
    desk = DeskFile(tmp_path)
    desk.open()
    desk.save(sitting_of(*(f"日{number}。" for number in range(MAX_POEMS + 5))))
    desk.close()
    found = DeskFile(tmp_path).open()
    assert len(found.compositions) == MAX_POEMS
    assert found.compositions[-1].text == f"日{MAX_POEMS + 4}。"
    assert found.draft.variants[0].parent is None


def test_an_empty_desk_leaves_no_file(tmp_path: Path) -> None:
    desk = DeskFile(tmp_path)
    desk.open()
    desk.save(sitting_of("日。"))
    desk.save(Sitting())
    assert not list(tmp_path.glob("*.json"))


def test_a_damaged_desk_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('{"v": 1, "poems": [', encoding="utf-8")
    assert DeskFile(tmp_path).open() == Sitting()
    assert (tmp_path / "1.damaged").read_text(encoding="utf-8") == '{"v": 1, "poems": ['


STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [None, -1, 10**400, 1.5, True, "", "日月", [], [[]], {}, {"a": 1}, "\ud800"]
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a JSON text stands."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, one in below for place in _places(one, (*at, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_value_in_the_file_breaks_a_start(tmp_path: Path, data: st.DataObject) -> None:
    desk = DeskFile(tmp_path)
    desk.open()
    desk.save(sitting_of("日暮江。", "山中。"))
    desk.close()
    path = tmp_path / "1.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    said = copy.deepcopy(whole)
    place = data.draw(st.sampled_from([place for place in _places(whole) if place]))
    inner = said
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = data.draw(STRANGE)
    path.write_text(json.dumps(said), encoding="utf-8")
    found = DeskFile(tmp_path)
    sitting = found.open()
    assert all(poem.is_over and poem.text for poem in sitting.compositions)
    assert [variant.number for variant in sitting.draft.variants] == list(range(len(sitting.compositions)))
    found.close()
    assert isinstance(sitting.draft, Draft)


async def test_unkept_poems_lie_there_again_after_quitting(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        text = desk.current.text
        # Before anything is quit: what is killed at any moment has been written already.
        await desk.until((paths.home() / FILE).exists)
    async with open_desk(until) as desk:
        await desk.written()
        assert desk.current.text == text
        assert any("1. [ and ] turn to them" in said for said in desk.said)
        # They are worked on like any other.
        await desk.press("j", "l")
        assert desk.screen.sitting.variant is not None
        assert desk.screen.sitting.variant.locked
        await desk.press("enter")
        await desk.written(2)
    async with open_desk(until) as desk:
        await desk.written(2)


async def test_a_desk_whose_poems_were_kept_is_a_clean_one(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press("f")
        await desk.until(lambda: desk.current.is_kept)
    assert len(FavouriteStore().list()) == 1
    async with open_desk(until) as desk:
        await desk.until(lambda: desk.screen._desk is not None)
        assert desk.screen.sitting.compositions == []


async def test_a_desk_is_cleared_and_the_poems_come_back_with_undo(until: Until) -> None:
    async with open_desk(until) as desk:
        await desk.press("enter")
        await desk.written()
        text = desk.current.text
        await desk.press("X")
        assert desk.screen.sitting.current is None
        await desk.press("u")
        assert desk.current.text == text
        await desk.press("X")
        await desk.until(lambda: not (paths.home() / FILE).exists() or desk.screen._on_disk[0] == ())
    async with open_desk(until) as desk:
        await desk.until(lambda: desk.screen._desk is not None)
        assert desk.screen.sitting.compositions == []
