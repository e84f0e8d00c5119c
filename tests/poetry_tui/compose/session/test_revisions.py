"""The revision tree: revisions, locks, undo, and what the engine is asked for."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.composing.replies import Token
from engine.config.schema import ComposeConfig
from poetry_tui.compose.session.revision_request import OPEN, is_fixed_by_form, line_ranges
from poetry_tui.compose.session.revisions import ComposeRequest, Origin, RevisionTree

POEM = "日暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"
PLAIN = {"begin": "日", "temperature": 0.8, "seed": 3}
REGULATED = {**PLAIN, "form": "qijue", "keep": ""}


def glyphs_of(text: str, n_given: int = 1) -> list[Token]:
    return [Token(i, character, 0.1, 2.3, i < n_given, ()) for i, character in enumerate(text)]


def written_for(config: Mapping[str, Any], filler: str = "春") -> list[Token]:
    """What an engine would write: the kept characters in their positions, `filler` in the open ones."""
    if OPEN in str(config.get("keep", "")) or config.get("form"):
        text = str(config["keep"]).replace(OPEN, filler)
        return [Token(i, text[i], 0.1, 2.3, kept != OPEN, ()) for i, kept in enumerate(str(config["keep"]))]
    begin = str(config.get("keep") or config["begin"])
    return glyphs_of(begin + filler * max(0, 6 - len(begin)) + "。", len(begin))


def planted(config: Mapping[str, Any] = PLAIN, text: str = POEM) -> RevisionTree:
    return RevisionTree().add(ComposeRequest(config, "studio-lstm"), glyphs_of(text))


def test_a_new_poem_is_a_root_that_one_stands_on() -> None:
    tree = planted()
    assert tree.current is not None
    assert tree.current.text == POEM
    assert tree.current.parent is None
    assert tree.current.origins[:2] == (Origin.FORCED, Origin.SAMPLED)
    assert tree.cursor is None


@pytest.mark.parametrize(("by", "position"), [(1, 0), (-1, len(POEM) - 2)])
def test_the_first_step_comes_in_from_an_end(by: int, position: int) -> None:
    assert planted().step(by).cursor == position


def test_steps_stop_at_both_ends() -> None:
    assert planted().with_cursor(0).step(-1).cursor == 0
    assert planted().with_cursor(999).step(1).cursor == len(POEM) - 1


def test_an_empty_tree_has_no_positions() -> None:
    assert RevisionTree().step(1).cursor is None
    assert RevisionTree().with_cursor(3).cursor is None
    with pytest.raises(ValueError, match="no revision"):
        RevisionTree().recompose(seed=1)


def test_a_chosen_character_keeps_all_before_it_and_leaves_the_rest_open() -> None:
    request = planted().with_cursor(3).choose("村", seed=9)
    assert request.config == {**PLAIN, "keep": "日暮江村", "seed": 9}
    assert request.model == "studio-lstm"


def test_without_a_seed_a_choice_keeps_the_seed_that_the_poem_had() -> None:
    assert planted().with_cursor(3).choose("村").config["seed"] == 3


def test_under_a_form_the_open_places_are_told_one_by_one() -> None:
    request = planted(REGULATED).with_cursor(9).choose("江")
    assert request.config["keep"] == "日暮江头一笛风，满江□□□□□。□□□□□□□，□□□□□□□。"
    assert request.config["begin"] == "日"
    assert request.config["form"] == "qijue"


def test_a_poem_stopped_in_the_middle_is_open_to_the_end_of_its_form() -> None:
    request = planted(REGULATED, POEM[:10]).with_cursor(9).choose("江")
    assert request.config["keep"] == "日暮江头一笛风，满江" + OPEN * 19


def test_a_choice_at_the_first_character_changes_what_the_poem_begins_with() -> None:
    assert planted(REGULATED).with_cursor(0).choose("月").config["begin"] == "月"
    assert planted().with_cursor(0).choose("月").config["begin"] == "月"


def test_locked_characters_after_the_choice_stay() -> None:
    tree = planted().with_cursor(14).toggle_lock().with_cursor(3)
    request = tree.choose("村")
    assert request.config["keep"] == "日暮江村□□□，□□□□□□篷。□□□□□□□，□□□□□□□。"
    assert tree.add(request, written_for(request.config)).current.locked == {14}  # type: ignore[union-attr]


def test_a_choice_may_differ_from_the_acrostic_which_then_follows_it() -> None:
    config = {**REGULATED, "acrostic": "日满扁不", "acrostic_tail": "风"}
    tree = planted(config)
    assert tree.with_cursor(16).choose("轻").config["acrostic"] == "日满轻不"
    assert tree.with_cursor(6).choose("声").config["acrostic_tail"] == "声"
    assert tree.with_cursor(17).choose("帆").config["acrostic"] == "日满扁不"


def test_what_a_tune_repeats_changes_together() -> None:
    dream = "日月未过人在，风吹作归路别。行客一回云，横棹踏斜阳绝。猿歇，猿歇，山长水遥天北。"
    tree = planted({**PLAIN, "form": "rumengling"}, dream)
    first, second = dream.index("猿"), dream.rindex("猿")
    again = tree.with_cursor(second).choose("鸟")
    assert again.config["keep"][first : second + 2] == "鸟歇，鸟□"
    assert tree.with_cursor(first).choose("鸟").config["keep"][first : second + 2] == "鸟□，□□"
    assert (
        tree.with_cursor(second + 1)
        .toggle_lock()
        .with_cursor(first + 1)
        .choose("啼")
        .config["keep"][first : second + 2]
        == "猿啼，□啼"
    )
    assert tree.with_cursor(first).toggle_lock().with_cursor(second).choose("鸟").origins[first] is Origin.CHOSEN


@pytest.mark.parametrize(
    ("config", "position", "character", "is_so"),
    [(REGULATED, 7, "。", True), (REGULATED, 6, "，", True), (REGULATED, 6, "声", False), (PLAIN, 7, "。", False)],
)
def test_a_form_alone_decides_of_its_marks(
    config: Mapping[str, Any], position: int, character: str, is_so: bool
) -> None:
    assert is_fixed_by_form(config, POEM, position, character) is is_so


def test_whatever_a_tree_asks_for_is_a_config_that_the_engine_takes() -> None:
    known = ComposeConfig.from_dict(planted().with_cursor(3).choose("村").config)
    assert (known.begin, known.keep) == ("日", "日暮江村")


def test_the_new_revision_remembers_who_put_each_character_there() -> None:
    tree = planted().with_cursor(3)
    request = tree.choose("村")
    added = tree.add(request, written_for(request.config))
    assert added.current is not None
    expected = [
        Origin.FORCED,
        Origin.SAMPLED,
        Origin.SAMPLED,
        Origin.CHOSEN,
        Origin.SAMPLED,
        Origin.SAMPLED,
        Origin.SAMPLED,
    ]
    assert list(added.current.origins) == expected
    assert added.current.parent == 0
    assert added.current.changed == 3
    assert added.cursor == 3
    assert added.differences(1) == {3, 4, 5, 6}
    assert added.differences(0) == frozenset()


def test_composing_again_keeps_what_is_forced_chosen_and_locked() -> None:
    tree = planted(REGULATED).with_cursor(9)
    request = tree.choose("江")
    tree = tree.add(request, written_for(request.config)).with_cursor(20).toggle_line_lock()
    again = tree.recompose(seed=77)
    assert again.config["keep"] == "日□□□□□□，□江□□□□□。春春春春春春春，□□□□□□□。"
    assert again.config["seed"] == 77


def test_composing_free_verse_again_without_locks_leaves_its_shape_free_too() -> None:
    assert planted().recompose(seed=5).config == {**PLAIN, "keep": "", "seed": 5}


def test_free_verse_stays_open_however_often_one_chooses() -> None:
    tree = planted().with_cursor(3)
    first = tree.choose("村")
    tree = tree.add(first, written_for(first.config)).with_cursor(1)
    assert tree.choose("出").config["keep"] == "日出"


def test_a_locked_character_is_unlocked_by_locking_again() -> None:
    tree = planted().with_cursor(4).toggle_lock()
    assert tree.current is not None
    assert tree.current.locked == {4}
    assert tree.toggle_lock().current.locked == frozenset()  # type: ignore[union-attr]


def test_a_line_locked_in_part_is_locked_whole_and_then_unlocked() -> None:
    tree = planted().with_cursor(9).toggle_lock().with_cursor(10).toggle_line_lock()
    assert tree.current is not None
    assert tree.current.locked == set(range(8, 16))
    assert tree.toggle_line_lock().current.locked == frozenset()  # type: ignore[union-attr]


def test_without_a_cursor_nothing_is_locked_and_nothing_can_be_chosen() -> None:
    assert planted().toggle_lock() == planted()
    assert planted().toggle_line_lock() == planted()
    with pytest.raises(ValueError, match="no cursor"):
        planted().choose("春")


def grown_family() -> RevisionTree:
    """Two roots; the first has two children, the older of which has one."""
    tree = planted().add(ComposeRequest(PLAIN), glyphs_of("月落乌啼。"))
    for parent, position, character in [(0, 3, "村"), (0, 5, "帆"), (2, 4, "雨")]:
        tree = tree.go_to(parent).with_cursor(position)
        request = tree.choose(character)
        tree = tree.add(request, written_for(request.config))
    return tree


def test_the_tree_is_listed_with_each_revision_below_its_parent() -> None:
    tree = grown_family()
    assert [(row.revision.number, row.depth) for row in tree.rows()] == [(0, 0), (2, 1), (4, 2), (3, 1), (1, 0)]
    assert tree.number == 4


@pytest.mark.parametrize("number", range(5))
def test_one_walks_to_any_revision_and_back(number: int) -> None:
    tree = grown_family()
    walked = tree.go_to(number)
    assert walked.number == number
    assert walked.revisions == tree.revisions
    assert (walked.undo() if number != tree.number else walked).number == tree.number


def test_walks_end_where_the_tree_does() -> None:
    tree = grown_family()
    assert tree.go_to(4) == tree
    with pytest.raises(ValueError, match="no revision 9"):
        tree.go_to(9)


def test_undo_goes_back_over_locks_moves_and_revisions_and_redo_forth_again() -> None:
    first = planted().with_cursor(3)
    request = first.choose("村")
    added = first.add(request, written_for(request.config))
    locked = added.with_cursor(5).toggle_lock()
    walked = locked.go_to(0)
    assert walked.undo().number == 1
    assert walked.undo().undo().current.locked == frozenset()  # type: ignore[union-attr]
    assert walked.undo().undo().undo().number == 0
    assert walked.undo().undo().undo().undo() == walked.undo().undo().undo()
    assert walked.undo().undo().redo().current.locked == {5}  # type: ignore[union-attr]
    assert len(walked.undo().undo().undo().revisions) == 2


def test_a_new_lock_after_an_undo_ends_what_could_be_redone() -> None:
    tree = planted().with_cursor(3).toggle_lock().undo()
    assert tree.redo_stack
    assert not tree.with_cursor(4).toggle_lock().redo_stack


@given(st.text("日月山水，。？", min_size=0, max_size=40))
def test_the_lines_of_a_text_hold_each_place_once_in_order(text: str) -> None:
    assert [position for line in line_ranges(text) for position in line] == list(range(len(text)))


@given(st.data())
def test_what_shall_stay_is_in_what_the_engine_is_asked_to_keep(data: st.DataObject) -> None:
    config = data.draw(st.sampled_from([PLAIN, REGULATED]))
    tree = planted(config)
    for position in data.draw(st.lists(st.integers(0, len(POEM) - 1), max_size=6)):
        tree = tree.with_cursor(position).toggle_lock()
    tree = tree.with_cursor(data.draw(st.integers(0, len(POEM) - 1)))
    request = tree.choose("村") if data.draw(st.booleans()) else tree.recompose(seed=1)
    child = tree.add(request, written_for(request.config)).current
    assert child is not None
    before = POEM if request.changed is None else POEM[: request.changed] + "村" + POEM[request.changed + 1 :]
    assert request.origins
    assert all(child.text[position] == before[position] for position in request.origins)
    assert child.text.startswith(str(request.config["begin"]))


class RevisionTreeMachine(RuleBasedStateMachine):
    """Anything that a user may do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = planted(REGULATED)
        self.texts = [POEM]

    @rule(position=st.integers(-3, 40))
    def put_the_cursor(self, position: int) -> None:
        self.tree = self.tree.with_cursor(position)

    @rule(by=st.sampled_from([-1, 1]))
    def step(self, by: int) -> None:
        self.tree = self.tree.step(by)

    @rule(is_line=st.booleans())
    def lock(self, is_line: bool) -> None:
        self.tree = self.tree.toggle_line_lock() if is_line else self.tree.toggle_lock()

    @precondition(lambda self: self.tree.cursor is not None)
    @rule(character=st.sampled_from("春夏秋冬"))
    def choose(self, character: str) -> None:
        self._write(self.tree.choose(character))

    @rule(seed=st.integers(0, 9))
    def recompose(self, seed: int) -> None:
        self._write(self.tree.recompose(seed=seed))

    @rule(number=st.integers(0, 50))
    def walk(self, number: int) -> None:
        self.tree = self.tree.go_to(number % len(self.tree.revisions))

    @rule(way=st.sampled_from(["undo", "redo"]))
    def go(self, way: str) -> None:
        self.tree = getattr(self.tree, way)()

    def _write(self, request: ComposeRequest) -> None:
        self.tree = self.tree.add(request, written_for(request.config, filler="花"))
        assert self.tree.current is not None
        self.texts.append(self.tree.current.text)

    @invariant()
    def nothing_is_ever_lost(self) -> None:
        assert [revision.text for revision in self.tree.revisions] == self.texts
        assert sorted(row.revision.number for row in self.tree.rows()) == list(range(len(self.texts)))

    @invariant()
    def the_cursor_stands_on_a_character(self) -> None:
        assert self.tree.current is not None
        assert self.tree.cursor is None or 0 <= self.tree.cursor < len(self.tree.current.text)

    @invariant()
    def redo_takes_back_undo(self) -> None:
        if self.tree.undo_stack:
            again = self.tree.undo().redo()
            assert (again.current, again.undo_stack, again.redo_stack) == (
                self.tree.current,
                self.tree.undo_stack,
                self.tree.redo_stack,
            )


TestRevisionTree = RevisionTreeMachine.TestCase
TestRevisionTree.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
