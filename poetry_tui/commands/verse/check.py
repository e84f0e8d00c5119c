"""`poetry-tui check`: check tones, rhyme and form of any poem."""

import argparse
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from engine.commands.flags import add_reading_flags
from engine.corpus.cleaning import REASONS, Cleaner
from engine.corpus.poem import RawPoem
from engine.corpus.readers.formats import how_read
from engine.prosody.checker import check
from engine.prosody.forms.definitions import Form, form_called
from engine.prosody.report import Couplet, Report
from engine.prosody.rhymes import rhyme_book_called
from engine.prosody.text import LINE_MARKS, RHYME_BOOKS, split_lines
from engine.prosody.tones import Reading
from engine.system.errors import Message
from engine.system.translations import listed, worded
from poetry_tui.commands.output import Commands, command, print_json, print_note, printable
from poetry_tui.commands.verse.poem_input import given_poems, numbered_poems

# The glyphs below a character are two cells wide, like the character.
READING_GLYPHS: dict[Reading, str] = {"平": "平", "仄": "仄", "both": "通", "unknown": "？"}
WRONG, RESCUED, DOUBTFUL, RHYMES, NOTHING = "＾救疑韵　"
LEGEND = (
    "平 level, 仄 oblique, 通 both readings, ？ unknown, 韵 rhymes, {wrong} against the form, {rescued} rescued (拗救), "
    "{doubtful} right by a reading that poets hardly use"
)
# The meanings of faults, licences and notes, by their names in handbooks.
MEANINGS = {
    "失对": "its tones do not oppose those of the line before",
    "失黏": "its tones do not adhere to those of the line before",
    "缺句": "lines are missing",
    "多句": "a line too many",
    "叠句": "it should repeat the line before",
    "孤平": "a level tone alone between oblique ones",
    "三平尾": "three level tones at the end",
    "三仄尾": "three oblique tones at the end",
    "大拗": "an oblique fourth of the last five",
    "小拗": "an oblique third of the last five",
    "折腰体": "a quatrain whose couplets do not adhere",
    "首句邻韵": "孤雁出群: the first line rhymes in a neighbouring group",
    "本句自救": "the line rescues itself",
    "孤平救": "a level third of the last five rescues an oblique first",
    "对句相救": "a level third of the last five rescues the line before",
    "孤平救兼对句相救": "a level third of the last five rescues an oblique first, and the line before",
    "自救首字仄": "the line rescues itself, though it has no level first of the last five",
    "首句仄收不入韵": "the first line ends in an oblique tone and does not rhyme",
    "撞韵": "the line ends in the rhyme's final, in another tone",
    "合掌": "two characters of one meaning opposite each other",
    "重字": "the character stands in the poem already",
    "出韵": "another rhyme group",
    "重韵": "it has rhymed before",
    "疑重韵": "it has rhymed before, if it is the same word",
    "声调": "not of the rhyme's tone",
}


def add_parser(commands: Commands) -> None:
    parser = command(commands, "check", _check, "check tones, rhyme and form of any poem", json_too=True)
    parser.add_argument("file", metavar="FILE|-", help="one poem a line, or any other file of poems; - reads stdin")
    parser.add_argument(
        "--form",
        metavar="NAME",
        help="wujue qijue wulv qilv zewujue zeqijue wupai qipai, or a tune such as 如梦令 (default: by the lines)",
    )
    add_reading_flags(parser)
    parser.add_argument(
        "--exit-code",
        action="store_true",
        help="exit with 1 if a poem has a violation (default: exit with 0 once every poem is checked)",
    )
    parser.add_argument(
        "--rhyme-book",
        metavar="|".join(RHYME_BOOKS),
        help="平水韵, 词林正韵 or 中华新韵 (modern tones) (default: 平水韵 for 诗, 词林正韵 for 词)",
    )
    parser.add_argument("--strict", action="store_true", help="count 三仄尾 as a violation instead of a note")


def _check(options: argparse.Namespace) -> int:
    form = form_called(options.form) if options.form else None
    book = rhyme_book_called(options.rhyme_book) if options.rhyme_book else None
    # Check every poem, duplicates and poems of any length included.
    cleaner = Cleaner(simplify=False, unique=False, lenient=True)
    file = given_poems(options.file, options.format, options.columns)
    if not options.json:
        print_note(LEGEND, wrong=WRONG, rescued=RESCUED, doubtful=DOUBTFUL)
    if file.is_detected and not options.json:
        print_note(how_read(file))
    n_violating = 0
    for number, raw in numbered_poems(file):
        poem = cleaner.clean(raw)
        if poem is None:
            print_note(
                "poem {number} could not be cleaned ({reasons}); it is checked as it stands",
                number=number,
                reasons=tuple(Message(REASONS[key]) for key in cleaner.report.dropped),
            )
        text = raw.text if poem is None else poem.text
        report = check(text, form, book=book, strict=options.strict)
        n_violating += report.verdicts.overall == "violation"
        if options.json:
            print_json({"title": raw.title, "author": raw.author, "text": text, **report.to_dict()})
        else:
            _show(raw, text, report, form)
    return 1 if options.exit_code and n_violating else 0


def _show(raw: RawPoem, text: str, report: Report, wanted: Form | None) -> None:
    # No wrapping, which would separate the verse from its tones.
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    if raw.title:
        print(printable(f"{raw.title}  {raw.author}").rstrip())
    marks = _marks(text, report)
    for row in _rows(report):
        verse, tones, faults = _columns(report, row, marks)
        print(printable(verse).rstrip())
        print(tones.rstrip(NOTHING))
        if faults.strip(NOTHING):
            console.print(Text(faults.rstrip(NOTHING), style="red"))
    print(_summary(report, wanted))
    for line in _details(report):
        print(f"  {line}")
    print()


def _marks(text: str, report: Report) -> list[str]:
    """The mark after each line; wide spaces if the report divides the text into other lines."""
    lines = [line.rstrip(LINE_MARKS) for line in split_lines(text.replace("、", ""))]
    if lines != [line.text for line in report.lines]:
        return [NOTHING] * len(report.lines)
    return [line[-1] if line[-1] in LINE_MARKS else NOTHING for line in split_lines(text.replace("、", ""))]


def _rows(report: Report) -> Iterator[Sequence[int]]:
    """The line indices of each row: two lines if all lines have the same length of at most 7, else one."""
    n_lines = len(report.lines)
    lengths = {len(line.text) for line in report.lines}
    step = 2 if len(lengths) == 1 and max(lengths, default=0) <= 7 else 1
    for first in range(0, n_lines, step):
        yield range(first, min(first + step, n_lines))


def _columns(report: Report, row: Sequence[int], marks: Sequence[str]) -> tuple[str, str, str]:
    """A row of verse, its tones, and the signs under wrong, rescued and doubtful characters, aligned."""
    rhyming = {rhyme.line for rhyme in report.rhymes if rhyme.verdict == "ok"}
    wrong = {(one.line, one.position) for one in report.violations}
    wrong |= {(one.line, len(report.lines[one.line - 1].text)) for one in report.rhymes if one.verdict == "violation"}
    rescued = {(one.line, position) for one in report.licences for position in one.positions}
    doubtful = {(one.line, one.position) for one in report.doubtful}
    verse = tones = faults = ""
    for index in row:
        line, number = report.lines[index], index + 1
        verse += line.text + marks[index]
        tones += "".join(READING_GLYPHS[reading] for reading in line.readings)
        tones += RHYMES if number in rhyming else NOTHING
        for position in range(1, len(line.text) + 1):
            at = (number, position)
            sign = DOUBTFUL if at in doubtful else RESCUED if at in rescued else NOTHING
            faults += WRONG if at in wrong else sign
        faults += NOTHING
    return verse, tones, faults


def _summary(report: Report, wanted: Form | None) -> str:
    verdicts = report.verdicts
    groups = listed("/".join(names) for names in report.rhyme_groups.values())
    if report.style:
        rhyme = f" · {worded('rhyme')} {worded(verdicts.rhyme)} {groups}" if groups else ""
        old = worded(
            "{verdict}: {style}, old-style verse, which no rule of tones binds",
            verdict=verdicts.overall,
            style=report.style,
        )
        return old + rhyme
    if report.tone_pattern is None:
        lengths = " ".join(str(len(line.text)) for line in report.lines)
        if wanted is not None:
            return worded(
                "violation: not {form}, whose lines have other lengths than {lengths}",
                form=wanted.name,
                lengths=lengths,
            )
        if report.form is not None:
            name = form_called(report.form).name
            return worded("violation: not {form}, for its lines of {lengths}", form=name, lengths=lengths)
        return worded("undecidable: no form that the studio knows has lines of {lengths}", lengths=lengths)
    form = form_called(report.form or "")
    tone_pattern = f" {report.tone_pattern}" if form.is_regulated else ""
    ties = worded(" (as well: {ties})", ties=tuple(report.ties)) if report.ties else ""
    doubt = worded(", doubtful") if report.is_doubtful else ""
    own_book = form.in_book(None).rhyme_system
    book = worded(" by {book}", book=RHYME_BOOKS[report.rhyme_book]) if report.rhyme_book != own_book else ""
    return (
        worded("{verdict}{doubt}: {form}", verdict=verdicts.overall, doubt=doubt, form=form.name)
        + f"{tone_pattern}{ties} · {worded('form')} {worded(verdicts.form)}"
        f" · {worded('tones')} {worded(verdicts.tones)} · {worded('rhyme')} {worded(verdicts.rhyme)} {groups}".rstrip()
        + book
    )


def _details(report: Report) -> Iterator[str]:
    for one in report.violations:
        name = worded(" ({inner})", inner=_meant(one.name)) if one.name else ""
        wrong = worded(
            "line {line}, position {position}: {character} is {found}, {expected} is wanted",
            line=one.line,
            position=one.position,
            character=one.character,
            found=one.found,
            expected=one.expected,
        )
        yield wrong + name
    for fault in report.faults:
        if not fault.licence:
            yield worded("line {line}: {meaning}", line=fault.line, meaning=_meant(fault.name))
    for rhyme in report.rhymes:
        if rhyme.verdict != "ok":
            groups = listed(rhyme.groups) or worded("no group is known")
            yield worded(
                "line {line}: rhyme {character} {verdict} {reason} ({groups})",
                line=rhyme.line,
                character=rhyme.character,
                verdict=rhyme.verdict,
                reason=rhyme.reason,
                groups=groups,
            ).replace("  ", " ")
    for allowed in report.licences:
        yield worded("line {line}, allowed: {meaning}", line=allowed.line, meaning=_meant(allowed.name))
    for note in report.notes:
        yield worded(
            "line {line}{where}, noted: {characters} {meaning}",
            line=note.line,
            where="".join(worded(", position {position}", position=position) for position in note.positions),
            characters=note.characters,
            meaning=_meant(note.name),
        )
    for couplet in report.couplets:
        yield _parallelism(couplet)
    if report.doubtful:
        positions = " ".join(f"{one.line}.{one.position}{one.character}" for one in report.doubtful)
        yield worded("by a reading that poets hardly use: {positions}", positions=positions)
    if report.either:
        positions = " ".join(f"{one.line}.{one.position}{one.character}" for one in report.either)
        yield worded("with the reading that suits: {positions}", positions=positions)
    if report.unknown:
        characters = " ".join(dict.fromkeys(one.character for one in report.unknown))
        yield worded("not in the rhyme book: {characters}", characters=characters)


def _parallelism(couplet: Couplet) -> str:
    """The parallelism of a middle couplet, and the positions that do not match."""
    template = (
        "lines {first} and {second}: parallel (对仗 {score:.2f})"
        if couplet.is_parallel
        else "lines {first} and {second}: not parallel (对仗 {score:.2f})"
    )
    parts = [worded(template, first=couplet.line, second=couplet.line + 1, score=couplet.score)]
    if couplet.mismatches:
        parts.append(worded(", unlike at {positions}", positions=" ".join(map(str, couplet.mismatches))))
    if couplet.repeated:
        parts.append(worded(", in both {characters}", characters=couplet.repeated))
    return "".join(parts)


def _meant(name: str) -> str:
    """A handbook name with its meaning."""
    return worded("{name}, {meaning}", name=name, meaning=Message(MEANINGS[name])) if name in MEANINGS else name
