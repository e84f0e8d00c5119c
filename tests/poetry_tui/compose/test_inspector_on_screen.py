"""The glass box on the Compose screen, with a service behind it."""

import pytest

from poetry_tui.compose.inspector.panel import ThisCharacter
from tests.poetry_tui.compose.desk import Desk, open_desk
from tests.poetry_tui.conftest import Until


def lines_of(desk: Desk) -> list[str]:
    box = desk.screen.glass.character
    return ["".join(segment.text for segment in box.render_line(y)) for y in range(box.size.height)]


async def looked_into(desk: Desk) -> None:
    """Write a poem, step to its fifth character, and wait for what the engine finds there."""
    await desk.press("enter")
    await desk.written()
    await desk.press(*["right"] * 5)
    await desk.until(lambda: desk.screen.glass.character.inspection is not None)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_chances_gates_and_equation_stand_beside_the_verse_at_every_size(
    until: Until, size: tuple[int, int]
) -> None:
    async with open_desk(until, size=size) as desk:
        await desk.press("enter")
        await desk.written()
        await desk.press(*["right"] * 5, *(["p"] if size[0] < 100 else []))
        await desk.until(lambda: desk.screen.glass.character.inspection is not None)
        text = "\n".join(lines_of(desk))
        assert all(one in text for one in ("surprise", "一东", "LSTM layer 2/2", "⊙", "f "))
        assert ("layer 1/2" in text) is (size[1] >= 40)


async def test_a_click_on_an_alternative_begins_another_variant(until: Until) -> None:
    async with open_desk(until) as desk:
        await looked_into(desk)
        y = next(y for y, line in enumerate(lines_of(desk)) if "山" in line)
        await desk.pilot.click(ThisCharacter, offset=(2, y))
        await desk.written(2)
        variant = desk.screen.sitting.variant
        assert variant is not None
        assert (variant.parent, variant.changed) == (0, 4)
        assert desk.current.text[4] == "山"


async def test_another_layer_is_looked_at_from_the_verse_and_units_from_the_box(until: Until) -> None:
    async with open_desk(until) as desk:
        await looked_into(desk)
        await desk.press("g")
        assert any("layer 1/2 · means" in line for line in lines_of(desk))
        desk.screen.glass.character.focus()
        await desk.press("full_stop")
        assert any("layer 1/2 · unit 0" in line for line in lines_of(desk))


async def test_the_keys_of_the_box_are_told_where_it_has_the_focus(until: Until) -> None:
    async with open_desk(until) as desk:
        await looked_into(desk)
        await desk.press("tab")
        assert desk.app.focused is desk.screen.glass.character
        described = {active.binding.id for active in desk.screen.active_bindings.values()}
        assert {
            "inspector.choose",
            "inspector.next_layer",
            "inspector.unit_before",
            "inspector.unit_after",
        } <= described
