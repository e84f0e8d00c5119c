"""The seal (印): a name in white on red (白文) or red on white (朱文), with a hand-cut edge."""

import math
import random
from collections.abc import Iterator

from engine.commands.poster.shapes import Disc, Line, Polygon, Shape, Text
from engine.prosody.text import is_han
from engine.system.errors import UsageError

MAX_CHARS = 4
# Characters that fill a name of two or three characters up to four, as is customary.
_FILLING = {2: "之印", 3: "印"}
_N_POINTS_A_SIDE = 9
# Maximum deviation of the edge, as a fraction of the side.
_WEAR = 0.012


def seal_characters(name: str) -> str:
    """The one or four characters of a seal.

    Raises:
        UsageError: when the name is too long or has other than Han characters.
    """
    name = "".join(name.split())
    if len(name) > MAX_CHARS or not all(map(is_han, name)):
        raise UsageError(
            "{name} does not fit on a seal.", "Give one to four Chinese characters, such as 李白.", name=name
        )
    return name + _FILLING.get(len(name), "")


def seal(
    name: str, x: float, y: float, side: float, colour: str, paper: str, *, is_red_on_white: bool
) -> Iterator[Shape]:
    """The shapes of a seal with its centre at (x, y); read in columns from right to left."""
    characters = seal_characters(name)
    chance = random.Random(characters)
    edge = tuple(_edge(x, y, side, chance))
    if is_red_on_white:
        for (a, b), (c, d) in zip(edge, (*edge[1:], edge[0]), strict=True):
            yield Line(a, b, c, d, side * 0.045, colour)
            yield Disc(a, b, side * 0.0225, colour)
    else:
        yield Polygon(edge, colour)
        for _ in range(7):
            # Chips of the stone, where the paper shows.
            a, b = chance.choice(edge)
            yield Disc(a, b, side * chance.uniform(0.008, 0.022), paper)
    cells = [(0.0, 0.0)] if len(characters) == 1 else [(0.5, -0.5), (0.5, 0.5), (-0.5, -0.5), (-0.5, 0.5)]
    size = side * (0.76 if len(characters) == 1 else 0.43)
    text_colour = colour if is_red_on_white else paper
    for character, (column, row) in zip(characters, cells, strict=True):
        yield Text(character, x + column * side * 0.44, y + row * side * 0.44, size, text_colour, weight=0.025)


def _edge(x: float, y: float, side: float, chance: random.Random) -> Iterator[tuple[float, float]]:
    """A square with round corners and a worn edge."""
    half, corner = side / 2, side * 0.06
    for quarter in range(4):
        angle = quarter * math.pi / 2
        for step in range(_N_POINTS_A_SIDE):
            along = -half + corner + (side - 2 * corner) * step / (_N_POINTS_A_SIDE - 1)
            across = -half + chance.uniform(-_WEAR, _WEAR) * side
            yield (
                x + along * math.cos(angle) - across * math.sin(angle),
                y + along * math.sin(angle) + across * math.cos(angle),
            )
