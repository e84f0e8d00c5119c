"""The poems of a session, and the revisions that they become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.composing.replies import Poem, Token
from poetry_tui.compose.session.revision_request import forced_positions
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.state import ComposeSession, Composition, candidate_poem

WISH = ComposeRequest({"begin": "日", "seed": 7, "temperature": 0.8})
ACTIONS = ("write", "stop", "refuse", "candidates", "back", "forth", "undo", "redo")


def done(text: str, seed: int = 7) -> Poem:
    return Poem("日", text, seed, "studio-lstm", -9.0, "end")


def tokens(text: str) -> list[Token]:
    return [Token(position, one, 0.1, 2.3, position == 0, ()) for position, one in enumerate(text)]


def act(session: ComposeSession, action: str, number: int) -> None:
    if action in ("write", "stop", "refuse"):
        poem = Composition(WISH)
        session.add(poem)
        if action == "refuse":
            session.discard(poem)
            return
        poem.tokens = tokens(f"日{number}。")
        poem.reveal(1)
        if action == "write":
            poem.take(done(f"日{number}。"))
            poem.reveal_all()
        poem.stop()
        session.settle()
    elif action == "candidates":
        session.add_whole([candidate_poem(WISH, done(f"日{number}{position}。", position)) for position in range(3)])
        for poem in session.compositions:
            poem.reveal_all()
    elif action in ("back", "forth"):
        session.move(-1 if action == "back" else 1)
    else:
        session.set_tree(session.tree.undo() if action == "undo" else session.tree.redo())


@given(st.lists(st.sampled_from(ACTIONS), max_size=12))
def test_what_is_over_is_the_revision_of_the_same_number(actions: list[str]) -> None:
    session = ComposeSession()
    for number, action in enumerate(actions):
        act(session, action, number)
        assert [poem.text for poem in session.compositions] == [one.text for one in session.tree.revisions]
        if session.compositions:
            assert session.current is not None
            assert session.revision is not None
            assert session.current.text == session.revision.text


def test_a_poem_being_written_is_no_revision_yet() -> None:
    session = ComposeSession()
    poem = Composition(WISH)
    session.add(poem)
    poem.tokens = tokens("日暮")
    session.settle()
    assert session.current is poem
    assert session.revision is None
    assert session.cursor is None


def test_a_candidate_knows_its_own_seed_and_what_its_request_forced() -> None:
    config = {"begin": "", "seed": 1, "acrostic": "日□", "acrostic_tail": "□花", "keep": ""}
    candidate = candidate_poem(ComposeRequest(config), done("日暮，江花。", seed=9))
    assert candidate.config["seed"] == 9
    assert [token.is_forced for token in candidate.tokens] == [True, False, False, False, True, False]


def test_kept_characters_and_the_beginning_are_forced() -> None:
    assert forced_positions({"begin": "日暮"}, "日暮江，") == {0, 1}
    assert forced_positions({"begin": "", "keep": "□暮□/江□，"}, "日暮天，江花。") == {1, 4}


def test_the_likelihood_of_a_poem_is_kept_until_more_is_known_of_it() -> None:
    poem = Composition(WISH, tokens("日暮。"), is_whole=True, is_own=False)
    poem.reveal_all()
    assert poem.nats_per_han == pytest.approx(2.3 * 3 / 2)
    poem.set_likelihood(Token(1, "暮", 0.01, 4.6, False, ()))
    assert poem.nats_per_han == pytest.approx((2.3 * 2 + 4.6) / 2)
    poem.take(done("日暮。"))
    assert poem.nats_per_han == 9.0 / 2
