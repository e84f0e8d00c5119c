"""Makes `data/prosody/xinyun.tsv`: the 14 groups of 中华新韵, by how characters are read in modern Mandarin.

    python -m benchmarks.tables.xinyun SITE_PACKAGES

SITE_PACKAGES is a folder that has the package `pypinyin-dict` 0.9.0 (MIT) and `pypinyin`. The readings are those of its tables of
《通用规范汉字字典》 (kTGHZ2013) and, of characters that it lacks, 《现代汉语词典》 (kXHC1983); a character that stands in neither and in
our rhyme book is read as its simplified form, or by its first reading. A reading in the neutral tone is none where there is another.
The groups are those that 中华诗词学会 published in 2005: 《中华新韵（十四韵）》. 阴平 and 阳平 are level, 上声 and 去声 oblique.
"""

import importlib
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from engine.corpus.cleaning import to_simplified
from engine.prosody.rhymes import rhyme_groups
from engine.system.paths import bundled_data

# The finals of each group; -i is that of 知 and 思.
GROUPS: Mapping[str, str] = {
    "一麻": "a ia ua",
    "二波": "o e uo",
    "三皆": "ê ie üe",
    "四开": "ai uai",
    "五微": "ei ui",
    "六豪": "ao iao",
    "七尤": "ou iu",
    "八寒": "an ian uan üan",
    "九文": "en in un ün",
    "十唐": "ang iang uang",
    "十一庚": "eng ing ueng ong iong",
    "十二齐": "i er ü",
    "十三支": "-i",
    "十四姑": "u",
}
GROUP_OF = {final: name for name, finals in GROUPS.items() for final in finals.split()}
TONES = {"\u0304": "平", "\u0301": "平", "\u030c": "仄", "\u0300": "仄"}
_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcs")
# Syllables without an initial: y and w are how their finals are spelled.
_SPELLED = {"yi": "i", "yin": "in", "ying": "ing", "you": "iu", "wu": "u", "wei": "ui", "wen": "un", "weng": "ueng"}

HEADER = """\
# The 14 groups of 中华新韵 by modern readings. Made by benchmarks/tables/xinyun.py; see README.md for sources.
# number	name	tone	characters
"""


def main() -> None:
    (folder,) = sys.argv[1:]
    sys.path.append(folder)
    members: dict[tuple[str, str], list[str]] = {(name, tone): [] for name in GROUPS for tone in "平仄"}
    for character, readings in sorted(_readings().items()):
        for place in dict.fromkeys(filter(None, map(group_and_tone, readings))):
            members[place].append(character)
    numbers = {name: number for number, name in enumerate(GROUPS, start=1)}
    rows = (f"{numbers[name]}\t{name}\t{tone}\t{''.join(found)}\n" for (name, tone), found in members.items())
    (bundled_data() / "prosody" / "xinyun.tsv").write_text(HEADER + "".join(rows), encoding="utf-8")


def _readings() -> dict[str, list[str]]:
    of_norm, of_dictionary, every = map(_table, ("ktghz2013", "kxhc1983", "pinyin"))
    known = of_dictionary | of_norm
    for character in {one for group in rhyme_groups() for one in group.characters} - known.keys():
        simplified = known.get(to_simplified(character), [])
        own = every.get(character, [])
        found = [reading for reading in own if reading in simplified] or own[:1]
        if found:
            known[character] = found
    return known


def _table(name: str) -> dict[str, list[str]]:
    module = importlib.import_module(f"pypinyin_dict.pinyin_data.{name}")
    return {chr(code): list(_toned(text.split(","))) for code, text in module.pinyin_dict.items()}


def _toned(readings: Iterable[str]) -> Iterator[str]:
    return (reading for reading in readings if set(unicodedata.normalize("NFD", reading)) & TONES.keys())


def group_and_tone(reading: str) -> tuple[str, str] | None:
    """hóng -> (十一庚, 平); None for a syllable without a vowel or a tone."""
    decomposed = unicodedata.normalize("NFD", reading)
    tone = next((TONES[mark] for mark in decomposed if mark in TONES), None)
    syllable = unicodedata.normalize("NFC", "".join(mark for mark in decomposed if mark not in TONES))
    group = GROUP_OF.get(final_of(syllable))
    return None if tone is None or group is None else (group, tone)


def final_of(syllable: str) -> str:
    """The final of a syllable without its tone: xue -> üe, zhi -> -i."""
    if syllable in _SPELLED:
        return _SPELLED[syllable]
    if syllable[0] == "y":
        return "ü" + syllable[2:] if syllable[1] == "u" else "o" if syllable == "yo" else "i" + syllable[1:]
    if syllable[0] == "w":
        return "u" + syllable[1:]
    initial = next((one for one in _INITIALS if syllable.startswith(one)), "")
    final = syllable[len(initial) :]
    if initial in ("zh", "ch", "sh", "r", "z", "c", "s") and final == "i":
        return "-i"
    if final.startswith("u") and (initial in tuple("jqx") or final == "ue"):
        return "ü" + final[1:]
    return final


if __name__ == "__main__":
    main()
