"""Han fonts of this computer: found by file name, read by fontTools. Kai and Song faces are preferred, as in printed verse."""

import functools
import io
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.system.errors import StudioError, UsageError

# Prefixes of file names, in lower case without spaces, - and _, in order of preference.
_PREFERRED = (
    "lxgwwenkai", "kaiti", "stkaiti", "simkai", "ukai", "gkai00mp", "notoserifcjk", "notoserifsc", "sourcehanserif",
    "songti", "stsong", "simsun", "simfang", "uming", "gbsn00lp", "notosanscjk", "notosanssc", "sourcehansans",
    "pingfang", "hiraginosansgb", "msyh", "stheiti", "wqy", "droidsansfallback",
)  # fmt: skip
_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
# Last words of family names that mark the simplified-Chinese face of a collection.
_SIMPLIFIED = ("SC", "CN", "GB")
INSTALL_HINT = "Install one (Debian: `apt install fonts-noto-cjk` or `fonts-arphic-ukai`), or name a font file that has Chinese characters."


@dataclass(frozen=True)
class HanFont:
    """A face of a font file; `number` is its index in a collection."""

    path: Path
    number: int = 0

    @functools.cached_property
    def _font(self) -> Any:
        from fontTools.ttLib import TTFont, TTLibError

        try:
            return TTFont(io.BytesIO(self.path.read_bytes()), fontNumber=self.number, lazy=True)
        except (OSError, TTLibError) as error:
            raise UsageError(
                "{path} is no font that can be read.", "Name a .ttf, .otf or .ttc file.", path=self.path
            ) from error

    @functools.cached_property
    def _glyph_names(self) -> dict[int, str]:
        return self._font.getBestCmap() or {}

    @functools.cached_property
    def _glyphs(self) -> Any:
        return self._font.getGlyphSet()

    @property
    def family(self) -> str:
        return str(self._font["name"].getBestFamilyName() or self.path.stem)

    @property
    def units_per_em(self) -> int:
        return int(self._font["head"].unitsPerEm)

    def has(self, character: str) -> bool:
        return ord(character) in self._glyph_names

    def outline(self, character: str) -> tuple[str, float]:
        """(SVG path, advance) of a character, in font units, y upwards."""
        from fontTools.pens.svgPathPen import SVGPathPen

        glyph = self._glyphs[self._glyph_names.get(ord(character), ".notdef")]
        pen = SVGPathPen(self._glyphs, ntos=lambda value: f"{value:.0f}")
        glyph.draw(pen)
        return str(pen.getCommands()), float(glyph.width)

    def advance(self, text: str) -> float:
        """The width of a text in em."""
        widths = self._font["hmtx"].metrics
        names = (self._glyph_names.get(ord(character), ".notdef") for character in text)
        return float(sum(widths[name][0] for name in names)) / self.units_per_em


def font_at(path: Path) -> HanFont:
    """The face of a font file for simplified characters."""
    from fontTools.ttLib import TTCollection, TTLibError

    if path.suffix.lower() not in (".ttc", ".otc"):
        return HanFont(path)
    try:
        faces = TTCollection(io.BytesIO(path.read_bytes()), lazy=True).fonts
        names = [str(face["name"].getBestFamilyName()) for face in faces]
    except (OSError, TTLibError):
        return HanFont(path)
    number = next((i for i, name in enumerate(names) if name.split()[-1] in _SIMPLIFIED), 0)
    return HanFont(path, number)


@functools.cache
def han_fonts() -> tuple[HanFont, ...]:
    """The Han fonts of this computer in order of preference, one per entry of `_PREFERRED`; cached.

    Raises:
        StudioError: when there is none.
    """
    found: dict[int, Path] = {}
    for path in _font_files():
        name = path.stem.lower().translate({ord(mark): None for mark in " -_"})
        rank = next((i for i, beginning in enumerate(_PREFERRED) if name.startswith(beginning)), None)
        # Among several weights the regular one, among several files the first by name.
        if rank is not None and (rank not in found or _weight(path) < _weight(found[rank])):
            found[rank] = path
    if not found:
        raise StudioError("No font with Chinese characters was found.", INSTALL_HINT)
    return tuple(font_at(found[rank]) for rank in sorted(found))


def _weight(path: Path) -> tuple[bool, int, str]:
    name = path.stem.lower()
    return "regular" not in name, len(name), name


def _font_files() -> Iterator[Path]:
    for folder in _folders():
        for root, _, names in os.walk(folder):
            yield from (Path(root) / name for name in sorted(names) if name.lower().endswith(_ENDINGS))


def _folders() -> Sequence[Path]:
    home = Path.home()
    if sys.platform == "darwin":
        return [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts"),
                Path("/System/Library/AssetsV2")]  # fmt: skip
    if os.name == "nt":
        return [Path(os.environ.get("LOCALAPPDATA", "")) / "Microsoft/Windows/Fonts",
                Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts"]  # fmt: skip
    return [home / ".fonts", home / ".local/share/fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts")]
