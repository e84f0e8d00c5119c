"""Poems that nobody kept: they lie there again at the next start, whatever ended the studio."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.composing.replies import Alternative, Poem, Token
from engine.system import paths
from poetry_tui.compose.session.file import MAX_POEMS, SessionFile, n_unsaved
from poetry_tui.compose.session.revisions import ComposeRequest, RevisionTree
from poetry_tui.compose.session.state import ComposeSession, Composition
from poetry_tui.favourites.store import FavouriteStore
from tests.poetry_tui.compose.open_studio import open_studio
from tests.poetry_tui.conftest import Until

FILE = "desks/1.json"


def session_of(*texts: str) -> ComposeSession:
    """Poems that are over, each but the first written anew from the one before."""
    session = ComposeSession()
    for number, text in enumerate(texts):
        tokens = [Token(i, c, 0.5, 0.7, i == 0, (Alternative("江", 0.25, 0.5),), 0.5) for i, c in enumerate(text)]
        done = Poem(text[0], text, number, "studio-lstm", -12.5, "end", -2.5, "一东", 8)
        request = ComposeRequest(
            {"begin": text[0], "seed": number, "form": "free"}, "studio-lstm", number - 1 if number else None
        )
        session.add(Composition(request, tokens, float(len(tokens)), done))
        session.settle()
    return session


def test_poems_locks_and_the_tree_come_back(tmp_path: Path) -> None:
    session = session_of("日暮江头。", "日出江花。", "山中。")
    session.compositions[1].is_favourite = True
    session.set_tree(session.tree.go_to(1).with_cursor(2).toggle_lock())
    file = SessionFile(tmp_path)
    assert file.open() == ComposeSession()
    file.save(session)
    file.close()
    found = SessionFile(tmp_path).open()
    assert found.tree.revisions == session.tree.revisions
    assert found.tree.number == 1
    assert found.current is not None
    assert (found.current.text, found.current.is_favourite, found.current.is_over) == ("日出江花。", True, True)
    assert n_unsaved(found) == 2


def test_two_studios_have_a_file_each_and_the_next_one_has_the_poems_of_both(tmp_path: Path) -> None:
    first, second = SessionFile(tmp_path), SessionFile(tmp_path)
    assert first.open() == second.open() == ComposeSession()
    first.save(session_of("日暮。", "日出。"))
    second.save(session_of("山中。"))
    # A third, while both run, takes nothing from them.
    third = SessionFile(tmp_path)
    assert third.open() == ComposeSession()
    for file in (first, second, third):
        file.close()
    found = SessionFile(tmp_path).open()
    assert [poem.text for poem in found.compositions] == ["山中。", "日暮。", "日出。"]
    assert [revision.parent for revision in found.tree.revisions] == [None, None, 1]
    assert found.tree.number == 2
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["1.json"]


def test_a_file_of_version_1_is_read_with_the_same_poems(tmp_path: Path) -> None:
    session = session_of("日暮江头。", "日出江花。")
    file = SessionFile(tmp_path)
    file.open()
    file.save(session)
    file.close()
    path = tmp_path / "1.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    names = {"forced": "given", "sampled": "drawn"}
    for poem in written["poems"]:
        poem["glyphs"] = poem.pop("tokens")
        poem["is_kept"] = poem.pop("is_favourite")
        poem["origins"] = [names.get(origin, origin) for origin in poem["origins"]]
    path.write_text(json.dumps({**written, "v": 1}), encoding="utf-8")
    found = SessionFile(tmp_path).open()
    assert found.tree.revisions == session.tree.revisions


@pytest.mark.parametrize("name", ["is_favourite", "is_kept"])
def test_a_favourite_is_read_under_the_name_of_today_and_of_before(tmp_path: Path, name: str) -> None:
    session = session_of("日暮江头。", "日出江花。")
    session.compositions[0].is_favourite = True
    file = SessionFile(tmp_path)
    file.open()
    file.save(session)
    file.close()
    path = tmp_path / "1.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    for poem in written["poems"]:
        poem[name] = poem.pop("is_favourite")
    path.write_text(json.dumps(written), encoding="utf-8")
    assert [poem.is_favourite for poem in SessionFile(tmp_path).open().compositions] == [True, False]


def test_the_oldest_poems_make_room(tmp_path: Path) -> None:
    file = SessionFile(tmp_path)
    file.open()
    file.save(session_of(*(f"日{number}。" for number in range(MAX_POEMS + 5))))
    file.close()
    found = SessionFile(tmp_path).open()
    assert len(found.compositions) == MAX_POEMS
    assert found.compositions[-1].text == f"日{MAX_POEMS + 4}。"
    assert found.tree.revisions[0].parent is None


def test_an_empty_session_leaves_no_file(tmp_path: Path) -> None:
    file = SessionFile(tmp_path)
    file.open()
    file.save(session_of("日。"))
    file.save(ComposeSession())
    assert not list(tmp_path.glob("*.json"))


def test_a_damaged_file_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "1.json").write_text('{"v": 1, "poems": [', encoding="utf-8")
    assert SessionFile(tmp_path).open() == ComposeSession()
    assert (tmp_path / "1.damaged").read_text(encoding="utf-8") == '{"v": 1, "poems": ['


STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [None, -1, 10**400, 1.5, True, "", "日月", [], [[]], {}, {"a": 1}, "\ud800"]
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a JSON text stands."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(position for key, one in below for position in _places(one, (*at, key)))]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_value_in_the_file_breaks_a_start(tmp_path: Path, data: st.DataObject) -> None:
    file = SessionFile(tmp_path)
    file.open()
    file.save(session_of("日暮江。", "山中。"))
    file.close()
    path = tmp_path / "1.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    said = copy.deepcopy(whole)
    position = data.draw(st.sampled_from([position for position in _places(whole) if position]))
    inner = said
    for key in position[:-1]:
        inner = inner[key]
    inner[position[-1]] = data.draw(STRANGE)
    path.write_text(json.dumps(said), encoding="utf-8")
    found = SessionFile(tmp_path)
    session = found.open()
    assert all(poem.is_over and poem.text for poem in session.compositions)
    assert [revision.number for revision in session.tree.revisions] == list(range(len(session.compositions)))
    found.close()
    assert isinstance(session.tree, RevisionTree)


async def test_unsaved_poems_are_there_again_after_quitting(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        text = studio.current.text
        # Before anything is quit: what is killed at any moment has been written already.
        await studio.until((paths.home() / FILE).exists)
    async with open_studio(until) as studio:
        await studio.written()
        assert studio.current.text == text
        assert any("1. [ ] turn to them" in said for said in studio.said)
        # The arrows are the poem's, as the footer says; the first one enters at the last character, not at the mark behind it.
        await studio.press("left")
        assert studio.screen.session.cursor == len(text) - 2
        # They are worked on like any other.
        await studio.press("j", "l")
        assert studio.screen.session.revision is not None
        assert studio.screen.session.revision.locked
        await studio.press("enter")
        await studio.written(2)
    async with open_studio(until) as studio:
        await studio.written(2)


async def test_a_session_whose_poems_are_favourites_starts_empty(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("f")
        await studio.until(lambda: studio.current.is_favourite)
    assert len(FavouriteStore().list()) == 1
    async with open_studio(until) as studio:
        await studio.until(lambda: studio.screen.session_saver.is_open)
        assert studio.screen.session.compositions == []


async def test_a_session_is_cleared_and_the_poems_come_back_with_undo(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written()
        text = studio.current.text
        await studio.press("X")
        assert studio.screen.session.current is None
        await studio.press("u")
        assert studio.current.text == text
        await studio.press("X")
        await studio.until(lambda: not (paths.home() / FILE).exists() or studio.screen.session_saver._written[0] == ())
    async with open_studio(until) as studio:
        await studio.until(lambda: studio.screen.session_saver.is_open)
        assert studio.screen.session.compositions == []
