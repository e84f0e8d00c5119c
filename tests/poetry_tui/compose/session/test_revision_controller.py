"""Edits of a session without a screen."""

from engine.composing.replies import Poem, Token
from poetry_tui.compose.session.revision_controller import LockChange, RevisionController
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.state import ComposeSession, Composition

TEXT = "日暮江头一笛风，满船明月照归篷。"


class Bench:
    def __init__(self, n_poems: int = 1) -> None:
        self.session, self.n_changes = ComposeSession(), 0
        self.controller = RevisionController(self.session, self._changed)
        for seed in range(n_poems):
            self.add(ComposeRequest({"begin": "日", "seed": seed, "form": "free"}), TEXT)

    def _changed(self) -> None:
        self.n_changes += 1

    def add(self, request: ComposeRequest, text: str) -> None:
        tokens = [Token(index, one, 0.5, 0.7, index == 0, ()) for index, one in enumerate(text)]
        done = Poem("日", text, 0, "studio-lstm", -12.0, "end")
        self.session.add(Composition(request, tokens, float(len(tokens)), done))
        self.session.settle()


def test_without_a_complete_poem_no_edit_changes_anything() -> None:
    bench = Bench(n_poems=0)
    bench.controller.step(1)
    bench.controller.toggle_lock()
    bench.controller.turn(1)
    assert (bench.controller.undo(), bench.controller.redo()) == (LockChange(), LockChange())
    assert (bench.controller.choose("春"), bench.controller.recompose()) == (None, None)
    assert bench.n_changes == 0


def test_a_chosen_character_becomes_a_request_that_keeps_what_stands_before_it() -> None:
    bench = Bench()
    bench.controller.set_cursor(1)
    request = bench.controller.choose("出")
    assert request is not None
    assert (request.parent, request.changed, request.config["keep"]) == (0, 1, "日出")


def test_recomposing_keeps_the_locked_characters() -> None:
    bench = Bench()
    could_recompose = bench.controller.can_recompose
    bench.controller.set_cursor(2)
    bench.controller.toggle_lock()
    assert (could_recompose, bench.controller.can_recompose) == (False, True)
    request = bench.controller.recompose()
    assert request is not None
    assert request.config["keep"].startswith("日□江□")
    assert bench.n_changes == 2


def test_undo_and_redo_tell_which_characters_they_lock_and_unlock() -> None:
    bench = Bench()
    for position in (1, 3):
        bench.controller.set_cursor(position)
        bench.controller.toggle_lock()
    assert bench.controller.undo() == LockChange(unlocked="头")
    assert bench.controller.undo() == LockChange(unlocked="暮")
    assert bench.controller.redo() == LockChange(locked="暮")


def test_a_cleared_session_comes_back_with_undo() -> None:
    bench = Bench(n_poems=2)
    before = bench.session.snapshot()
    bench.controller.clear()
    assert bench.session == ComposeSession()
    assert bench.controller.can_undo
    bench.controller.undo()
    assert bench.session == before
    # A second undo is one of the tree again.
    bench.controller.undo()
    assert bench.session.tree.number == 0


def test_a_label_shows_depth_number_and_the_lines_that_differ_from_the_parent() -> None:
    bench = Bench()
    bench.controller.set_cursor(10)
    request = bench.controller.choose("江")
    assert request is not None
    bench.add(request, TEXT[:10] + "江月照归篷。")
    bench.add(request, TEXT)
    labels = [bench.controller.label_of(row) for row in bench.session.tree.rows()]
    assert labels == ["1  日暮江头一笛风，满船明月照归篷。", "└ 2  满船江月照归篷。", "└ 3  (the same text)"]
    bench.controller.go_to(1)
    assert bench.session.index == 1
