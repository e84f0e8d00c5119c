"""`make docs`: write docs/cli.md from the parsers and docs/keys.md from the key bindings."""

from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.docs.cli_page import cli_page
from benchmarks.docs.keys_page import keys_page
from engine.system.files import write_atomically

DOCS = Path(__file__).parents[2] / "docs"
PAGES: Mapping[str, Callable[[], str]] = {"cli.md": cli_page, "keys.md": keys_page}


def main() -> None:
    for name, page in PAGES.items():
        write_atomically(DOCS / name, page())


if __name__ == "__main__":
    main()
