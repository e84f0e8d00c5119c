"""How likely a poem was: the same figure with the same annotation on the stage, in the pager, among the favourites and in their files."""

import json

import msgspec
import pytest

from engine.composing.replies import Poem, Token
from engine.prosody.text import nats_per_han
from poetry_tui.commands.cli import main
from poetry_tui.compose.poem.facts import origin_facts
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.saver import save_favourite
from poetry_tui.compose.session.state import Composition
from poetry_tui.favourites.export import as_markdown
from poetry_tui.favourites.poem_page import _facts
from poetry_tui.favourites.store import FavouriteStore
from tests.poetry_tui.compose.open_studio import open_studio
from tests.poetry_tui.conftest import Until

TEXT = "日暮江头一笛风，满船明月照归篷。"
CONFIG = {"begin": "日", "seed": 7, "temperature": 0.8}


def composition(n_given: int = 1, *, is_whole: bool = True) -> Composition:
    """A poem of 14 Han characters, each of 2 nats, its marks and its end of 0.5 each."""
    nats = [0.5 if character in "，。" else 2.0 for character in TEXT]
    tokens = [Token(position, one, 0.1, nats[position], position < n_given, ()) for position, one in enumerate(TEXT)]
    done = Poem("日", TEXT, 7, "studio-lstm", -(sum(nats) + 0.5), "end") if is_whole else None
    poem = Composition(ComposeRequest(CONFIG), tokens, done=done)
    poem.reveal_all()
    return poem


def of_stage(poem: Composition) -> list[str]:
    return [part.plain for part in origin_facts(poem)]


def test_a_poem_costs_all_of_its_nats_for_each_han_character_however_few_of_them_were_sampled() -> None:
    expected = (14 * 2.0 + 3 * 0.5) / 14
    for n_given in (0, 1, 13, 15):  # 13 and 15: as after a revision of the last positions
        assert composition(n_given).nats_per_han == pytest.approx(expected)
    assert "2.11 nats/Han" in of_stage(composition(15))


def test_a_stopped_poem_counts_what_stands_there() -> None:
    poem = composition(is_whole=False)
    poem.shown = 7.0
    poem.stop()
    assert poem.nats_per_han == pytest.approx(2.0)


def test_what_is_not_known_is_not_made_up() -> None:
    assert nats_per_han(None, TEXT) is None
    assert nats_per_han(-3.0, "，。") is None
    poem = composition(is_whole=False)
    poem.tokens[3] = msgspec.structs.replace(poem.tokens[3], probability=0.0, surprisal_nats=0.0)
    poem.stop()
    assert poem.nats_per_han is None
    own = Composition(ComposeRequest(CONFIG), composition().tokens, is_own=True)
    assert (own.logprob, own.nats_per_han) == (None, None)


def test_poem_pane_favourites_and_export_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    save_favourite(composition())
    (favourite,) = FavouriteStore().list()
    assert "2.11 nats/Han" in of_stage(composition())
    assert "2.11 nats" in [value.plain for _, value in _facts(favourite)]
    assert "2.11 nats per Han character" in as_markdown([favourite])
    assert main(["favourites", "show", str(favourite.id)]) == 0
    shown = capsys.readouterr().out
    assert "nats per Han character  2.11" in shown
    assert "-2." not in shown
    assert main(["favourites", "show", str(favourite.id), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["logprob"], found["nats_per_han"]) == (pytest.approx(-29.5), pytest.approx(2.1071))


async def test_on_the_screen_poem_pane_and_pager_show_one_figure(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.press("enter")
        await studio.written(1)
        await studio.press("r")
        await studio.written(2)
        nats = studio.current.nats_per_han
        assert nats is not None
        stage = studio.screen.poem_pane
        await studio.until(lambda: f"2 {nats:.2f}" in stage.pager.render().plain)
        assert f"{nats:.2f} nats/Han" in of_stage(studio.current)
