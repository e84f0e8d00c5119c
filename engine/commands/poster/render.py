"""Rendering of a poster: PNG by Pillow, SVG with outlines of the characters. It takes 1 to 2 s, so call it in a thread."""

import functools
import io
from collections.abc import Callable, Iterable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from engine.commands.poster.fonts import INSTALL_HINT, HanFont, font_at, han_fonts
from engine.commands.poster.layout import HEIGHT, WIDTH, PosterStyle, lay_out
from engine.commands.poster.papers import PAPERS, Paper, strewn
from engine.commands.poster.shapes import Disc, Line, Polygon, Shape, Text
from engine.system.errors import StudioError, UsageError
from engine.system.files import write_atomically

if TYPE_CHECKING:
    from PIL.Image import Image

# Factor by which a picture is drawn larger, then reduced, for smooth edges.
_OVERSAMPLING = 2
# Distance of the baseline below the centre of the em box.
_BASELINE_EM = 0.38


def write_poster(path: Path, text: str, style: PosterStyle, form: str | None = None, font: Path | None = None) -> None:
    """Write a poster as PNG or SVG, by the ending of its name.

    Args:
        text: a poem, in the characters that are to be drawn.
        form: the key of its form, if known.
        font: a font file to try first; None: the preferred font of the system.

    Raises:
        UsageError: for another ending, or a style that `PosterStyle.check` rejects.
        StudioError: when no font has these characters.
        OSError: when the file cannot be written.
    """
    drawn = FORMATS[ending_of(path)](text, style, form, font)
    write_atomically(path, drawn)


def ending_of(path: Path) -> str:
    """The ending of a poster's name, `.png` or `.svg`.

    Raises:
        UsageError: for another ending.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError("{name} is no name of a picture.", "Let it end in .png or .svg.", name=path.name)
    return path.suffix.lower()


def poster_png(text: str, style: PosterStyle, form: str | None = None, font: Path | None = None) -> bytes:
    """The poster as a PNG of `WIDTH` × `HEIGHT` pixels."""
    buffer = io.BytesIO()
    poster_image(text, style, form, font).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def poster_svg(text: str, style: PosterStyle, form: str | None = None, font: Path | None = None) -> bytes:
    """The poster as an SVG that needs no fonts: its characters are outlines."""
    shapes, paper = lay_out(text, style, form), PAPERS[style.paper]
    fonts = _fonts_for(shapes, font)
    parts = [_svg_shape(shape, fonts) for shape in (*strewn(paper, WIDTH, HEIGHT), *shapes)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f"<title>{escape(style.title or text)}</title>"
        f'<defs><linearGradient id="paper" x2="0" y2="1"><stop stop-color="{paper.top}"/>'
        f'<stop offset="1" stop-color="{paper.bottom}"/></linearGradient>'
        f'<filter id="grain"><feTurbulence type="fractalNoise" baseFrequency=".35" numOctaves="3" seed="7"/>'
        f'<feColorMatrix values="0 0 0 0 .5  0 0 0 0 .5  0 0 0 0 .5  0 0 0 {paper.grain * 0.16:.3f} 0"/></filter></defs>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#paper)"/>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" filter="url(#grain)"/>'
    )
    return (head + "".join(parts) + "</svg>\n").encode()


FORMATS: Mapping[str, Callable[[str, PosterStyle, str | None, Path | None], bytes]] = {
    ".png": poster_png,
    ".svg": poster_svg,
}


def poster_image(
    text: str, style: PosterStyle, form: str | None = None, font: Path | None = None, width: int = WIDTH
) -> "Image":
    """The poster as a Pillow image, `width` pixels wide."""
    from PIL import Image, ImageDraw

    shapes, paper = lay_out(text, style, form), PAPERS[style.paper]
    fonts = _fonts_for(shapes, font)
    scale = width * _OVERSAMPLING / WIDTH
    ground = _ground(paper, width, round(width * HEIGHT / WIDTH))
    image = ground.resize([side * _OVERSAMPLING for side in ground.size], Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(image, "RGBA")
    for shape in (*strewn(paper, WIDTH, HEIGHT), *shapes):
        match shape:
            case Text():
                size = shape.size * scale
                face = fonts(shape.text)
                left = shape.x * scale - face.advance(shape.text) * size / 2
                draw.text(
                    (left, (shape.y + _BASELINE_EM * shape.size) * scale),
                    shape.text,
                    shape.colour,
                    _pillow_font(face, max(1.0, round(size, 2))),
                    anchor="ls",
                    stroke_width=shape.weight * size / 2,
                )
            case Disc():
                box = [(value + sign * (shape.radius + shape.stroke / 2)) * scale
                       for sign in (-1, 1) for value in (shape.x, shape.y)]  # fmt: skip
                if shape.stroke:
                    draw.ellipse(box, outline=_rgba(shape), width=max(1, round(shape.stroke * scale)))
                else:
                    draw.ellipse(box, _rgba(shape))
            case Line():
                ends = [value * scale for value in (shape.x, shape.y, shape.to_x, shape.to_y)]
                draw.line(ends, _rgba(shape), max(1, round(shape.width * scale)))
            case Polygon():
                draw.polygon([(x * scale, y * scale) for x, y in shape.points], _rgba(shape))
    return image.reduce(_OVERSAMPLING)


def _ground(paper: Paper, width: int, height: int) -> "Image":
    """The ground: a gradient of two colours with noise at several scales, darker towards the edges."""
    import numpy as np
    from PIL import Image, ImageColor

    top, bottom = (np.array(ImageColor.getrgb(colour)[:3], np.float32) for colour in (paper.top, paper.bottom))
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    ground = top * (1 - down) + bottom * down
    chance = np.random.default_rng(7)
    mottled = np.zeros((height, width), np.float32)
    for n_cells, depth in ((5, 5.0), (23, 3.0), (160, 2.2), (700, 2.6)):
        noise = chance.standard_normal((n_cells * 4 // 3, n_cells)).astype(np.float32)
        mottled += depth * np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC))
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    edges = np.maximum(np.abs(across) ** 6, np.abs(2 * down[:, :, 0] - 1) ** 8) * 9
    pixels = ground + ((mottled - edges) * paper.grain)[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _rgba(shape: Disc | Line | Polygon) -> tuple[int, ...]:
    from PIL import ImageColor

    return (*ImageColor.getrgb(shape.colour)[:3], round(255 * shape.opacity))


@functools.lru_cache(maxsize=64)
def _pillow_font(font: HanFont, size: float):  # type: ignore[no-untyped-def]
    from PIL import ImageFont

    return ImageFont.truetype(str(font.path), size, index=font.number)


def _fonts_for(shapes: Iterable[Shape], wanted: Path | None) -> Callable[[str], HanFont]:
    """A function that returns the font of a text: the first one that has all its characters.

    Raises:
        StudioError: when no font has all characters of a text.
    """
    fonts = [font_at(wanted)] if wanted else []
    try:
        fonts += han_fonts()
    except StudioError:
        if not fonts:
            raise
    found: dict[str, HanFont] = {}
    for shape in shapes:
        if isinstance(shape, Text) and shape.text not in found:
            face = next((font for font in fonts if all(map(font.has, shape.text))), None)
            if face is None:
                raise StudioError("No font here has {text}.", INSTALL_HINT, text=shape.text)
            found[shape.text] = face
    return found.__getitem__


def _svg_shape(shape: Shape, fonts: Callable[[str], HanFont]) -> str:
    match shape:
        case Text():
            return _svg_text(shape, fonts(shape.text))
        case Disc(stroke=0.0):
            return (
                f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:.1f}" fill="{shape.colour}"'
                f"{_opacity(shape.opacity)}/>"
            )
        case Disc():
            return (
                f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:.1f}" fill="none"'
                f' stroke="{shape.colour}" stroke-width="{shape.stroke:.1f}"{_opacity(shape.opacity)}/>'
            )
        case Line():
            return (
                f'<path d="M{shape.x:.1f} {shape.y:.1f}L{shape.to_x:.1f} {shape.to_y:.1f}" stroke="{shape.colour}"'
                f' stroke-width="{shape.width:.1f}"{_opacity(shape.opacity)}/>'
            )
        case Polygon():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in shape.points)
            return f'<polygon points="{points}" fill="{shape.colour}"{_opacity(shape.opacity)}/>'


def _opacity(opacity: float) -> str:
    return f' opacity="{opacity:.2f}"' if opacity < 1 else ""


def _svg_text(shape: Text, font: HanFont) -> str:
    scale = shape.size / font.units_per_em
    x = shape.x - font.advance(shape.text) * shape.size / 2
    y = shape.y + _BASELINE_EM * shape.size
    width = shape.weight * font.units_per_em
    stroke = f' stroke="{shape.colour}" stroke-width="{width:.0f}" stroke-linejoin="round"' if shape.weight else ""
    paths = []
    for character in shape.text:
        outline, advance = font.outline(character)
        paths.append(
            f'<path fill="{shape.colour}"{stroke} d="{outline}"'
            f' transform="translate({x:.2f} {y:.2f}) scale({scale:.5f} {-scale:.5f})"/>'
        )
        x += advance * scale
    return "".join(paths)
