"""The inspector on the Compose screen, with a service behind it."""

import pytest

from poetry_tui.compose.inspector.character_inspector import CharacterInspector
from poetry_tui.preferences.settings import Settings
from tests.poetry_tui.compose.open_studio import OpenStudio, open_studio
from tests.poetry_tui.conftest import Until


def line_ranges(studio: OpenStudio) -> list[str]:
    box = studio.screen.inspector_pane.inspector
    return ["".join(segment.text for segment in box.render_line(y)) for y in range(box.size.height)]


async def looked_into(studio: OpenStudio) -> None:
    """Write a poem, step to its fifth character, and wait for what the engine finds there."""
    await studio.press("enter")
    await studio.written()
    await studio.press(*["right"] * 5)
    await studio.until(lambda: studio.screen.inspector_pane.inspector.inspection is not None)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_alternatives_gates_and_equation_stand_beside_the_verse_at_every_size(
    until: Until, size: tuple[int, int]
) -> None:
    async with open_studio(until, size=size) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press(*["right"] * 5, *(["p"] if size[0] < 100 else []))
        await studio.until(lambda: studio.screen.inspector_pane.inspector.inspection is not None)
        text = "\n".join(line_ranges(studio))
        assert all(one in text for one in ("surprisal", "一东", "LSTM layer 2/2", "⊙", "f "))
        assert ("layer 1/2" in text) is (size[1] >= 40)


async def test_a_click_on_an_alternative_begins_another_revision(until: Until) -> None:
    async with open_studio(until) as studio:
        await looked_into(studio)
        y = next(y for y, line in enumerate(line_ranges(studio)) if "山" in line)
        await studio.pilot.click(CharacterInspector, offset=(2, y))
        await studio.written(2)
        revision = studio.screen.session.revision
        assert revision is not None
        assert (revision.parent, revision.changed) == (0, 4)
        assert studio.current.text[4] == "山"


async def test_another_layer_is_looked_at_from_the_verse_and_units_from_the_box(until: Until) -> None:
    async with open_studio(until) as studio:
        await looked_into(studio)
        await studio.press("g")
        assert any("layer 1/2 · means" in line for line in line_ranges(studio))
        studio.screen.inspector_pane.inspector.focus()
        await studio.press("full_stop")
        assert any("layer 1/2 · unit 0" in line for line in line_ranges(studio))


async def test_the_keys_of_the_box_are_told_where_it_has_the_focus(until: Until) -> None:
    async with open_studio(until) as studio:
        await looked_into(studio)
        await studio.press("tab")
        assert studio.app.focused is studio.screen.inspector_pane.inspector
        described = {active.binding.id for active in studio.screen.active_bindings.values()}
        assert {
            "inspector.choose",
            "inspector.next_layer",
            "inspector.unit_before",
            "inspector.unit_after",
        } <= described


async def test_a_poem_that_came_without_figures_gets_them_when_it_is_turned_to(until: Until) -> None:
    async with open_studio(until, settings=Settings(pace=3, n_candidates=3)) as studio:
        await studio.press("enter")
        await studio.written(3)
        await studio.press("right_square_bracket")
        assert studio.screen.session.index == 1
        assert studio.screen.session.cursor is None
        await studio.until(lambda: studio.current.tokens[-1].is_known)
        assert not any("…" in line for line in line_ranges(studio)[:3])


async def test_a_mark_is_not_said_to_be_missing_in_the_rhyme_book(until: Until) -> None:
    async with open_studio(until) as studio:
        await looked_into(studio)
        await studio.press(*["right"] * 3)
        shown = studio.screen.inspector_pane.inspector
        await studio.until(lambda: shown.token is not None and shown.token.character == "，" and shown.inspection)
        assert "rhyme book" not in "".join(line_ranges(studio))
