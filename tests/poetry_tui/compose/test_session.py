"""The poems of a sitting, and the variants that they become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.service.protocol import Poem, Token
from poetry_tui.compose.candidates import candidate_of, given_places
from poetry_tui.compose.revisions import Wish
from poetry_tui.compose.session import Composition, Sitting

WISH = Wish({"begin": "日", "seed": 7, "temperature": 0.8})
ACTIONS = ("write", "stop", "refuse", "candidates", "back", "forth", "undo", "redo")


def done(text: str, seed: int = 7) -> Poem:
    return Poem("日", text, seed, "studio-lstm", -9.0, "end")


def glyphs(text: str) -> list[Token]:
    return [Token(place, one, 0.1, 2.3, place == 0, ()) for place, one in enumerate(text)]


def act(sitting: Sitting, action: str, number: int) -> None:
    if action in ("write", "stop", "refuse"):
        poem = Composition(WISH)
        sitting.add(poem)
        if action == "refuse":
            sitting.discard(poem)
            return
        poem.glyphs = glyphs(f"日{number}。")
        poem.reveal(1)
        if action == "write":
            poem.take(done(f"日{number}。"))
            poem.reveal_all()
        poem.stop()
        sitting.settle()
    elif action == "candidates":
        sitting.add_whole([candidate_of(WISH, done(f"日{number}{place}。", place)) for place in range(3)])
        for poem in sitting.compositions:
            poem.reveal_all()
    elif action in ("back", "forth"):
        sitting.move(-1 if action == "back" else 1)
    else:
        sitting.stand(sitting.draft.undo() if action == "undo" else sitting.draft.redo())


@given(st.lists(st.sampled_from(ACTIONS), max_size=12))
def test_what_is_over_is_the_variant_of_the_same_number(actions: list[str]) -> None:
    sitting = Sitting()
    for number, action in enumerate(actions):
        act(sitting, action, number)
        assert [poem.text for poem in sitting.compositions] == [one.text for one in sitting.draft.variants]
        if sitting.compositions:
            assert sitting.current is not None
            assert sitting.variant is not None
            assert sitting.current.text == sitting.variant.text


def test_a_poem_being_written_is_no_variant_yet() -> None:
    sitting = Sitting()
    poem = Composition(WISH)
    sitting.add(poem)
    poem.glyphs = glyphs("日暮")
    sitting.settle()
    assert sitting.current is poem
    assert sitting.variant is None
    assert sitting.cursor is None


def test_a_candidate_knows_its_own_seed_and_what_was_wished_for() -> None:
    config = {"begin": "", "seed": 1, "acrostic": "日□", "acrostic_tail": "□花", "keep": ""}
    candidate = candidate_of(Wish(config), done("日暮，江花。", seed=9))
    assert candidate.config["seed"] == 9
    assert [glyph.is_forced for glyph in candidate.glyphs] == [True, False, False, False, True, False]


def test_kept_characters_and_the_beginning_were_wished_for() -> None:
    assert given_places({"begin": "日暮"}, "日暮江，") == {0, 1}
    assert given_places({"begin": "", "keep": "□暮□/江□，"}, "日暮天，江花。") == {1, 4}


def test_the_likelihood_of_a_poem_is_kept_until_more_is_known_of_it() -> None:
    poem = Composition(WISH, glyphs("日暮。"), is_whole=True, is_own=False)
    poem.reveal_all()
    assert poem.nats_per_han == pytest.approx(2.3 * 3 / 2)
    poem.recognise(Token(1, "暮", 0.01, 4.6, False, ()))
    assert poem.nats_per_han == pytest.approx((2.3 * 2 + 4.6) / 2)
    poem.take(done("日暮。"))
    assert poem.nats_per_han == 9.0 / 2
