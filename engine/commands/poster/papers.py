"""Papers: colours of ground, ink and seal, and their decoration, which is drawn; there are no image files."""

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.commands.poster.shapes import Disc, Line, Polygon, Shape

_SEED = 7


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper. `top`, `bottom`: colours of the gradient; `faint`: of title and inscription; `rule`: of lines between columns, or "".

    `fibres`, `flecks`: colours of decorations, or ""; `grain`: depth of the texture, 0 to 1.
    """

    name_zh: str
    top: str
    bottom: str
    ink: str
    faint: str
    seal: str
    rule: str = ""
    fibres: str = ""
    flecks: str = ""
    has_moon: bool = False
    grain: float = 0.5


PAPERS: Mapping[str, Paper] = {
    "xuan": Paper("宣纸", "#f6efe0", "#efe5d0", "#2b2521", "#6f6253", "#a63a2b", fibres="#b59f7c"),
    "bamboo": Paper("竹青", "#e9efdf", "#dbe5cf", "#27352b", "#5d7160", "#a8402f", rule="#8ea98c", fibres="#a9bd9c"),
    "rose": Paper("薛涛笺", "#f8e7e0", "#f0d5cc", "#3a2523", "#875a53", "#a32f2c", rule="#cf8f84", fibres="#e9b9ae"),
    "gold": Paper("洒金", "#f3e4c3", "#e9d5a9", "#2e241b", "#7a6340", "#a1301f", flecks="#b98a2f", fibres="#c9ac72"),
    "indigo": Paper(
        "磁青", "#1d2d49", "#17243c", "#e2c488", "#ad9668", "#b8452f", rule="#8f7b4f", fibres="#3b5378", grain=0.35
    ),
    "night": Paper("墨夜", "#14181f", "#242c38", "#ece5d6", "#9c9a94", "#c2483a", has_moon=True, grain=0.3),
    "cinnabar": Paper("朱砂", "#841f18", "#731812", "#f5dca6", "#dcae72", "#f0cf90", flecks="#d9a441", grain=0.4),
}
DEFAULT_PAPER = "xuan"


def strewn(paper: Paper, width: float, height: float) -> Iterator[Shape]:
    """The fibres, flecks and moon of a sheet; always the same ones."""
    chance = random.Random(_SEED)
    if paper.has_moon:
        x, y, radius = width * 0.19, height * 0.07, width * 0.046
        for step in range(14):
            yield Disc(x, y, radius * (1 + (1 - step / 14) ** 1.5 * 3), "#f0e7cf", 0.011)
        yield Disc(x, y, radius, "#efe6cd", 0.45)
    for _ in range(260 if paper.fibres else 0):
        yield from _fibre(chance, paper.fibres, width, height)
    for _ in range(330 if paper.flecks else 0):
        yield _fleck(chance, paper.flecks, width, height)


def _fibre(chance: random.Random, colour: str, width: float, height: float) -> Iterator[Shape]:
    x, y, angle = chance.random() * width, chance.random() * height, chance.random() * math.tau
    length, turn = chance.uniform(4, 13), chance.uniform(-0.25, 0.25)
    opacity = chance.uniform(0.05, 0.3)
    for _ in range(5):
        to_x, to_y = x + length * math.cos(angle), y + length * math.sin(angle)
        yield Line(x, y, to_x, to_y, chance.uniform(0.7, 1.6), colour, opacity)
        x, y, angle = to_x, to_y, angle + turn


def _fleck(chance: random.Random, colour: str, width: float, height: float) -> Shape:
    """A fleck of gold leaf; large ones are rare, and none are large behind the verse."""
    x, y, size = chance.random(), chance.random(), 1.5 + 12 * chance.random() ** 5
    if 0.12 < x < 0.88 and 0.12 < y < 0.86:
        size = min(size, 3.5)
    x, y = x * width, y * height
    corners = sorted(chance.random() * math.tau for _ in range(chance.randint(4, 6)))
    points = tuple((x + size * math.cos(corner), y + size * math.sin(corner)) for corner in corners)
    return Polygon(points, colour, chance.uniform(0.25, 0.75))
