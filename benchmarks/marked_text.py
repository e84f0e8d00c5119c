"""Generated parts of a document: the text between `<!-- NAME -->` and `<!-- end of NAME -->`."""

from pathlib import Path

from engine.system.files import write_atomically


def replace_marked(document: Path, name: str, text: str) -> None:
    """Replace the text between the two marks of `name`; all other text stays.

    Raises:
        ValueError: when the document lacks one of the marks.
    """
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    before, found_begin, rest = document.read_text(encoding="utf-8").partition(begin)
    _, found_end, after = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{document.name} has no place for the {name}, between {begin} and {end}.")
    write_atomically(document, f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")
