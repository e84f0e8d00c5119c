"""The flags of a poster, for all commands that draw one."""

import argparse
from pathlib import Path

from engine.commands.flags import help_group, with_default
from engine.commands.poster.layout import AIDS, PosterStyle
from engine.commands.poster.papers import DEFAULT_PAPER, PAPERS
from engine.commands.poster.render import ending_of, write_poster
from engine.system.files import check_new_file, reporting_file_errors
from engine.system.names import path_of


def add_poster_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a `PosterStyle` except its title, and --font and --force."""
    group = help_group(parser, "poster")
    papers = ", ".join(f"{key} {paper.name_zh}" for key, paper in PAPERS.items())
    group.add_argument("--paper", default=DEFAULT_PAPER, metavar="NAME", help=with_default(papers, DEFAULT_PAPER))
    group.add_argument("--horizontal", action="store_true", help="lines from left to right, in place of columns")
    group.add_argument(
        "--aid", choices=AIDS, default="none", help="tones or pinyin beside the characters (default: none)"
    )
    group.add_argument("--inscription", default="", metavar="TEXT", help="a small line before the seal, such as 赠友人")
    group.add_argument("--seal", default="", metavar="NAME", help="a seal with a name of one to four characters")
    group.add_argument("--seal-red-on-white", action="store_true", help="a seal of red characters, in place of white")
    group.add_argument(
        "--font", type=path_of, metavar="FILE", help="a font file (default: a Kai or Song face, if found)"
    )
    group.add_argument("--force", action="store_true", help="replace an existing picture")


def poster_style(arguments: argparse.Namespace, title: str) -> PosterStyle:
    """The style given by the flags of `add_poster_flags`. Raises UsageError."""
    style = PosterStyle(
        arguments.paper,
        not arguments.horizontal,
        arguments.aid,
        title,
        arguments.inscription,
        arguments.seal,
        arguments.seal_red_on_white,
    )
    style.check()
    return style


def check_poster_path(path: Path, *, replaces: bool) -> None:
    """Check the path of a poster. Raises UsageError for an ending other than .png or .svg, and as `check_new_file`."""
    ending_of(path)
    check_new_file(path, replaces=replaces)


def save_poster(path: Path, text: str, style: PosterStyle, form: str | None, font: Path | None) -> None:
    """Write a poster. Raises StudioError, also if the file cannot be written."""
    with reporting_file_errors(path):
        write_poster(path, text, style, form, font)
