"""平仄谱: the tone pattern of the form that is being chosen."""

import pytest

from engine.prosody.forms.definitions import forms
from poetry_tui.compose.request.tone_pattern import pattern_of
from tests.poetry_tui.compose.open_studio import open_studio
from tests.poetry_tui.conftest import Until


def test_a_quatrain_is_two_rows_that_end_in_a_rhyme() -> None:
    pattern = pattern_of("七绝", "ABbA")
    assert pattern is not None
    (stanza,) = pattern.stanzas
    assert ["".join(line.text for line in row) for row in stanza] == [
        "中平中仄仄平平。中仄平平" + stanza[0][1].template[4:] + "。",
        "中仄中平平仄仄，中平中仄仄平平。",
    ]
    assert pattern.tone_patterns == ("aBbA", "ABbA", "bAaB", "BAaB")


def test_a_tune_has_its_stanzas_and_its_number_of_characters() -> None:
    pattern = pattern_of("菩萨蛮")
    assert pattern is not None
    assert len(pattern.stanzas) == 2
    assert pattern.n_chars == 44


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.name)
def test_every_form_shows_each_of_its_lines_once(form: object) -> None:
    key, lengths = form.key, form.line_lengths  # type: ignore[attr-defined]
    pattern = pattern_of(key)
    assert pattern is not None
    shown = [len(line.template) for stanza in pattern.stanzas for row in stanza for line in row]
    assert tuple(shown) == lengths


def test_free_verse_has_no_pattern() -> None:
    assert pattern_of("free") is None


async def test_the_pattern_is_displayed_while_the_form_has_the_focus(until: Until) -> None:
    async with open_studio(until) as studio:
        await studio.until(lambda: len(studio.screen.fields.form.values) > 10)
        studio.screen.fields.form.step(2)
        await studio.press("w")
        await studio.until(lambda: studio.screen.poem_pane.pattern is not None)
        view = studio.screen.poem_pane.pattern
        assert view is not None
        await studio.until(lambda: "tone pattern" in view.render().plain)
        assert not studio.screen.poem_pane.view.display
        await studio.press("escape")
        await studio.until(lambda: studio.screen.poem_pane.view.display)
