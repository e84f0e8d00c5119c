"""The poem on the desk: variants, locks, undo, and what the engine is asked for."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.config import ComposeConfig
from engine.service.protocol import Token
from poetry_tui.compose.revision_request import OPEN, is_for_the_form, lines_of
from poetry_tui.compose.revisions import Draft, Origin, Wish

POEM = "日暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"
PLAIN = {"begin": "日", "temperature": 0.8, "seed": 3}
REGULATED = {**PLAIN, "form": "qijue", "keep": ""}


def glyphs_of(text: str, n_given: int = 1) -> list[Token]:
    return [Token(i, character, 0.1, 2.3, i < n_given, ()) for i, character in enumerate(text)]


def written_for(config: Mapping[str, Any], filler: str = "春") -> list[Token]:
    """What an engine would write: the kept characters in their places, `filler` in the open ones."""
    if OPEN in str(config.get("keep", "")) or config.get("form"):
        text = str(config["keep"]).replace(OPEN, filler)
        return [Token(i, text[i], 0.1, 2.3, kept != OPEN, ()) for i, kept in enumerate(str(config["keep"]))]
    begin = str(config.get("keep") or config["begin"])
    return glyphs_of(begin + filler * max(0, 6 - len(begin)) + "。", len(begin))


def planted(config: Mapping[str, Any] = PLAIN, text: str = POEM) -> Draft:
    return Draft().grow(Wish(config, "studio-lstm"), glyphs_of(text))


def test_a_new_poem_is_a_root_that_one_stands_on() -> None:
    draft = planted()
    assert draft.here is not None
    assert draft.here.text == POEM
    assert draft.here.parent is None
    assert draft.here.origins[:2] == (Origin.GIVEN, Origin.DRAWN)
    assert draft.cursor is None


@pytest.mark.parametrize(("by", "place"), [(1, 0), (-1, len(POEM) - 1)])
def test_the_first_step_comes_in_from_an_end(by: int, place: int) -> None:
    assert planted().step(by).cursor == place


def test_steps_stop_at_both_ends() -> None:
    assert planted().at(0).step(-1).cursor == 0
    assert planted().at(999).step(1).cursor == len(POEM) - 1


def test_a_desk_without_a_poem_has_no_places() -> None:
    assert Draft().step(1).cursor is None
    assert Draft().at(3).cursor is None
    with pytest.raises(ValueError, match="no variant"):
        Draft().recompose(seed=1)


def test_a_chosen_character_keeps_all_before_it_and_leaves_the_rest_open() -> None:
    wish = planted().at(3).choose("村", seed=9)
    assert wish.config == {**PLAIN, "keep": "日暮江村", "seed": 9}
    assert wish.model == "studio-lstm"


def test_without_a_seed_a_choice_keeps_the_seed_that_the_poem_had() -> None:
    assert planted().at(3).choose("村").config["seed"] == 3


def test_under_a_form_the_open_places_are_told_one_by_one() -> None:
    wish = planted(REGULATED).at(9).choose("江")
    assert wish.config["keep"] == "日暮江头一笛风，满江□□□□□。□□□□□□□，□□□□□□□。"
    assert wish.config["begin"] == "日"
    assert wish.config["form"] == "qijue"


def test_a_poem_stopped_in_the_middle_is_open_to_the_end_of_its_form() -> None:
    wish = planted(REGULATED, POEM[:10]).at(9).choose("江")
    assert wish.config["keep"] == "日暮江头一笛风，满江" + OPEN * 19


def test_a_choice_at_the_first_character_changes_what_the_poem_begins_with() -> None:
    assert planted(REGULATED).at(0).choose("月").config["begin"] == "月"
    assert planted().at(0).choose("月").config["begin"] == "月"


def test_locked_characters_after_the_choice_stay() -> None:
    draft = planted().at(14).toggle_lock().at(3)
    wish = draft.choose("村")
    assert wish.config["keep"] == "日暮江村□□□，□□□□□□篷。□□□□□□□，□□□□□□□。"
    assert draft.grow(wish, written_for(wish.config)).here.locked == {14}  # type: ignore[union-attr]


def test_a_choice_may_differ_from_the_acrostic_which_then_follows_it() -> None:
    config = {**REGULATED, "acrostic": "日满扁不", "acrostic_tail": "风"}
    draft = planted(config)
    assert draft.at(16).choose("轻").config["acrostic"] == "日满轻不"
    assert draft.at(6).choose("声").config["acrostic_tail"] == "声"
    assert draft.at(17).choose("帆").config["acrostic"] == "日满扁不"


def test_what_a_tune_repeats_changes_together() -> None:
    dream = "日月未过人在，风吹作归路别。行客一回云，横棹踏斜阳绝。猿歇，猿歇，山长水遥天北。"
    draft = planted({**PLAIN, "form": "rumengling"}, dream)
    first, second = dream.index("猿"), dream.rindex("猿")
    again = draft.at(second).choose("鸟")
    assert again.config["keep"][first : second + 2] == "鸟歇，鸟□"
    assert draft.at(first).choose("鸟").config["keep"][first : second + 2] == "鸟□，□□"
    assert (
        draft.at(second + 1).toggle_lock().at(first + 1).choose("啼").config["keep"][first : second + 2] == "猿啼，□啼"
    )
    assert draft.at(first).toggle_lock().at(second).choose("鸟").origins[first] is Origin.CHOSEN


@pytest.mark.parametrize(
    ("config", "place", "character", "is_so"),
    [(REGULATED, 7, "。", True), (REGULATED, 6, "，", True), (REGULATED, 6, "声", False), (PLAIN, 7, "。", False)],
)
def test_a_form_alone_decides_of_its_marks(config: Mapping[str, Any], place: int, character: str, is_so: bool) -> None:
    assert is_for_the_form(config, POEM, place, character) is is_so


def test_whatever_a_draft_asks_for_is_a_config_that_the_engine_takes() -> None:
    known = ComposeConfig.from_dict(planted().at(3).choose("村").config)
    assert (known.begin, known.keep) == ("日", "日暮江村")


def test_the_new_variant_remembers_who_put_each_character_there() -> None:
    draft = planted().at(3)
    wish = draft.choose("村")
    grown = draft.grow(wish, written_for(wish.config))
    assert grown.here is not None
    expected = [Origin.GIVEN, Origin.DRAWN, Origin.DRAWN, Origin.CHOSEN, Origin.DRAWN, Origin.DRAWN, Origin.DRAWN]
    assert list(grown.here.origins) == expected
    assert grown.here.parent == 0
    assert grown.here.changed == 3
    assert grown.cursor == 3
    assert grown.differences(1) == {3, 4, 5, 6}
    assert grown.differences(0) == frozenset()


def test_composing_again_keeps_what_is_given_chosen_and_locked() -> None:
    draft = planted(REGULATED).at(9)
    wish = draft.choose("江")
    draft = draft.grow(wish, written_for(wish.config)).at(20).toggle_line_lock()
    again = draft.recompose(seed=77)
    assert again.config["keep"] == "日□□□□□□，□江□□□□□。春春春春春春春，□□□□□□□。"
    assert again.config["seed"] == 77


def test_composing_free_verse_again_without_locks_leaves_its_shape_free_too() -> None:
    assert planted().recompose(seed=5).config == {**PLAIN, "keep": "", "seed": 5}


def test_free_verse_stays_open_however_often_one_chooses() -> None:
    draft = planted().at(3)
    first = draft.choose("村")
    draft = draft.grow(first, written_for(first.config)).at(1)
    assert draft.choose("出").config["keep"] == "日出"


def test_a_locked_character_is_unlocked_by_locking_again() -> None:
    draft = planted().at(4).toggle_lock()
    assert draft.here is not None
    assert draft.here.locked == {4}
    assert draft.toggle_lock().here.locked == frozenset()  # type: ignore[union-attr]


def test_a_line_locked_in_part_is_locked_whole_and_then_unlocked() -> None:
    draft = planted().at(9).toggle_lock().at(10).toggle_line_lock()
    assert draft.here is not None
    assert draft.here.locked == set(range(8, 16))
    assert draft.toggle_line_lock().here.locked == frozenset()  # type: ignore[union-attr]


def test_without_a_cursor_nothing_is_locked_and_nothing_can_be_chosen() -> None:
    assert planted().toggle_lock() == planted()
    assert planted().toggle_line_lock() == planted()
    with pytest.raises(ValueError, match="no cursor"):
        planted().choose("春")


def grown_family() -> Draft:
    """Two roots; the first has two children, the older of which has one."""
    draft = planted().grow(Wish(PLAIN), glyphs_of("月落乌啼。"))
    for parent, place, character in [(0, 3, "村"), (0, 5, "帆"), (2, 4, "雨")]:
        draft = draft.to(parent).at(place)
        wish = draft.choose(character)
        draft = draft.grow(wish, written_for(wish.config))
    return draft


def test_the_tree_is_listed_with_each_variant_below_its_parent() -> None:
    rows = grown_family().rows()
    assert [(row.variant.number, row.depth) for row in rows] == [(0, 0), (2, 1), (4, 2), (3, 1), (1, 0)]
    assert [row.variant.number for row in rows if row.is_here] == [4]


def test_one_walks_to_parent_child_and_siblings() -> None:
    draft = grown_family()
    assert draft.to_parent().number == 2
    assert draft.to_parent().to_sibling(1).number == 3
    assert draft.to(0).to_child().number == 3
    assert draft.to(0).to_sibling(1).number == 1


def test_walks_end_where_the_tree_does() -> None:
    draft = grown_family()
    assert draft.to_child() == draft
    assert draft.to_sibling(-1) == draft
    assert draft.to(1).to_parent().number == 1
    with pytest.raises(ValueError, match="no variant 9"):
        draft.to(9)


def test_undo_goes_back_over_locks_walks_and_variants_and_redo_forth_again() -> None:
    first = planted().at(3)
    wish = first.choose("村")
    grown = first.grow(wish, written_for(wish.config))
    locked = grown.at(5).toggle_lock()
    walked = locked.to_parent()
    assert walked.undo().number == 1
    assert walked.undo().undo().here.locked == frozenset()  # type: ignore[union-attr]
    assert walked.undo().undo().undo().number == 0
    assert walked.undo().undo().undo().undo() == walked.undo().undo().undo()
    assert walked.undo().undo().redo().here.locked == {5}  # type: ignore[union-attr]
    assert len(walked.undo().undo().undo().variants) == 2


def test_a_new_lock_after_an_undo_ends_what_could_be_redone() -> None:
    draft = planted().at(3).toggle_lock().undo()
    assert draft.can_redo
    assert not draft.at(4).toggle_lock().can_redo


@given(st.text("日月山水，。？", min_size=0, max_size=40))
def test_the_lines_of_a_text_hold_each_place_once_in_order(text: str) -> None:
    assert [place for line in lines_of(text) for place in line] == list(range(len(text)))


@given(st.data())
def test_what_shall_stay_is_in_what_the_engine_is_asked_to_keep(data: st.DataObject) -> None:
    config = data.draw(st.sampled_from([PLAIN, REGULATED]))
    draft = planted(config)
    for place in data.draw(st.lists(st.integers(0, len(POEM) - 1), max_size=6)):
        draft = draft.at(place).toggle_lock()
    draft = draft.at(data.draw(st.integers(0, len(POEM) - 1)))
    wish = draft.choose("村") if data.draw(st.booleans()) else draft.recompose(seed=1)
    child = draft.grow(wish, written_for(wish.config)).here
    assert child is not None
    before = POEM if wish.changed is None else POEM[: wish.changed] + "村" + POEM[wish.changed + 1 :]
    assert wish.origins
    assert all(child.text[place] == before[place] for place in wish.origins)
    assert child.text.startswith(str(wish.config["begin"]))


class Desk(RuleBasedStateMachine):
    """Anything that a user may do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.draft = planted(REGULATED)
        self.texts = [POEM]

    @rule(place=st.integers(-3, 40))
    def put_the_cursor(self, place: int) -> None:
        self.draft = self.draft.at(place)

    @rule(by=st.sampled_from([-1, 1]))
    def step(self, by: int) -> None:
        self.draft = self.draft.step(by)

    @rule(is_line=st.booleans())
    def lock(self, is_line: bool) -> None:
        self.draft = self.draft.toggle_line_lock() if is_line else self.draft.toggle_lock()

    @precondition(lambda self: self.draft.cursor is not None)
    @rule(character=st.sampled_from("春夏秋冬"))
    def choose(self, character: str) -> None:
        self._write(self.draft.choose(character))

    @rule(seed=st.integers(0, 9))
    def recompose(self, seed: int) -> None:
        self._write(self.draft.recompose(seed=seed))

    @rule(number=st.integers(0, 50))
    def walk(self, number: int) -> None:
        self.draft = self.draft.to(number % len(self.draft.variants))

    @rule(way=st.sampled_from(["to_parent", "to_child", "undo", "redo"]))
    def go(self, way: str) -> None:
        self.draft = getattr(self.draft, way)()

    @rule(by=st.sampled_from([-1, 1]))
    def go_beside(self, by: int) -> None:
        self.draft = self.draft.to_sibling(by)

    def _write(self, wish: Wish) -> None:
        self.draft = self.draft.grow(wish, written_for(wish.config, filler="花"))
        assert self.draft.here is not None
        self.texts.append(self.draft.here.text)

    @invariant()
    def nothing_is_ever_lost(self) -> None:
        assert [variant.text for variant in self.draft.variants] == self.texts
        assert sorted(row.variant.number for row in self.draft.rows()) == list(range(len(self.texts)))

    @invariant()
    def the_cursor_stands_on_a_character(self) -> None:
        assert self.draft.here is not None
        assert self.draft.cursor is None or 0 <= self.draft.cursor < len(self.draft.here.text)

    @invariant()
    def redo_takes_back_undo(self) -> None:
        if self.draft.can_undo:
            again = self.draft.undo().redo()
            assert (again.here, again.past, again.future) == (self.draft.here, self.draft.past, self.draft.future)


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
