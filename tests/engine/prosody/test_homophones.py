"""The readings of the most common characters, held to the modern rhyme groups that were made from another source."""

from collections import Counter

from engine.prosody.homophones import characters_by_syllable, syllable_of, syllables_in
from engine.system.paths import bundled_data

INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")


def final_of(syllable: str) -> str:
    """What a syllable rhymes by; spellings that stand for another sound are kept apart."""
    initial = next((one for one in INITIALS if syllable.startswith(one)), "")
    final = syllable.removeprefix(initial)
    if initial in ("zh", "ch", "sh", "r", "z", "c", "s") and final == "i":
        return "-i"
    if initial in ("j", "q", "x", "y") and final.startswith("u"):
        return "v" + final
    return initial + final if initial in ("y", "w") or final in ("e", "o") else final


def test_every_syllable_has_one_modern_rhyme() -> None:
    """A boundary in the wrong place would put characters of the next syllable, which has another final, into this one."""
    groups: dict[str, set[str]] = {}
    for row in (bundled_data() / "prosody" / "xinyun.tsv").read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            _, name, _, characters, *_ = row.split("\t")
            for character in characters:
                groups.setdefault(character, set()).add(name)
    by_final: dict[str, Counter[str]] = {}
    for syllable, characters in characters_by_syllable().items():
        for character in characters:
            by_final.setdefault(final_of(syllable), Counter()).update(groups.get(character, ()))
    odd = [
        (syllable, character)
        for syllable, characters in characters_by_syllable().items()
        for group, _ in by_final[final_of(syllable)].most_common(1)
        # The first and the last ones; the book lacks the particles 的 and 呢.
        for character in characters[:2] + characters[-2:]
        if group not in groups.get(character, {group}) and character not in "的呢得"
    ]
    assert odd == []


def test_the_whole_first_level_has_readings() -> None:
    assert sum(map(len, characters_by_syllable().values())) == 3755
    assert characters_by_syllable()["ming"] == "明螟鸣铭名命"
    assert (syllable_of("春"), syllable_of("绿"), syllable_of("㐂")) == ("chun", "lv", None)


def test_a_word_is_split_into_syllables() -> None:
    assert syllables_in("chunjiang") == ["chun", "jiang"]
    assert syllables_in("xian") == ["xian"]
    assert syllables_in("xi'an") == ["xi", "an"]
    assert syllables_in("LÜ") == ["lv"]
    assert syllables_in("hello") == syllables_in("") == syllables_in("v") == []
