"""What the engine says in English is said in Chinese where somebody chose Chinese: every sentence that a screen can show."""

import ast
import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest

from engine.composing.composer import compose_poem
from engine.config.options import DeclaredSettings, settings_of
from engine.config.schema import ComposeConfig, ModelConfig, TrainConfig
from engine.corpus.cleaning import REASONS
from engine.corpus.readers.formats import FORMATS
from engine.corpus.store import open_corpus
from engine.model import metadata as model_files
from engine.model.registry import find_model
from engine.prosody.forms.definitions import form_called
from engine.prosody.forms.match import Verdict
from engine.runs.events import RunFailed
from engine.runs.folder import read_config
from engine.system import paths
from engine.system.errors import Message, ModelError, StudioError
from engine.system.translations import in_chinese, phrases, sentences
from poetry_tui.commands.training.runs import FIGURES
from poetry_tui.commands.verse.check import MEANINGS
from poetry_tui.preferences.i18n import set_language, tr_error
from poetry_tui.tracking.run_state.status import Status
from tests.engine.small_model import small_model

ROOT = Path(__file__).parents[3]
# What only a terminal command can ask for, and what only a faulty client of the engine hears.
NEVER_ON_A_SCREEN = ("engine/composing/service/server.py",)
PLACES = re.compile(r"\{(\w+)(?::[^{}]*)?\}")
# What words a text for the terminal: notes on stderr, lines and heads of tables on stdout.
PRINTED = {"say", "print_note", "worded", "heads"}


def sources() -> Iterator[Path]:
    for folder in ("engine", "poetry_tui"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not any(name in path.relative_to(ROOT).as_posix() for name in NEVER_ON_A_SCREEN):
                yield path


@dataclasses.dataclass(frozen=True)
class Template:
    """A template in the source, and the parameters that are given with it."""

    text: str
    parameters: frozenset[str]


def spelled(node: ast.expr, constants: Mapping[str, list[str]]) -> list[str]:
    """The texts that an expression may stand for; [] where nobody can know. What an f-string takes in becomes a 7."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            texts = [""]
            for value in values:
                if isinstance(value, ast.FormattedValue):
                    parts = spelled(value.value, constants) if isinstance(value.value, ast.Name) else []
                    parts = parts or ["7"]
                else:
                    parts = spelled(value, constants)
                texts = [text + part for text in texts for part in parts]
            return texts
        case ast.IfExp(body=body, orelse=other):
            return spelled(body, constants) + spelled(other, constants)
        case ast.Name(id=name):
            return constants.get(name, [])
    return []


def templates_of(path: Path) -> Iterator[Template]:
    """The messages and hints of every error that a module makes."""
    tree = ast.parse(path.read_text("utf-8"))
    constants: dict[str, list[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants.setdefault(node.targets[0].id, []).extend(spelled(node.value, constants))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in {*KINDS, *PRINTED, "Message", "error"}
        ):
            given = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
            for argument in node.args:
                yield from (Template(text, given) for text in spelled(argument, constants))


KINDS = {"StudioError", *(kind.__name__ for kind in StudioError.__subclasses__())}


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_of_a_module_is_known_in_chinese(path: Path) -> None:
    known = {*sentences(), *phrases()}
    # A text without a letter, such as an indented path, has nothing to translate.
    assert [one.text for one in templates_of(path) if re.search("[A-Za-z]", one.text) and one.text not in known] == []


def test_every_word_that_a_command_takes_from_a_table_is_known_in_chinese() -> None:
    tables = (REASONS.values(), FORMATS.values(), MEANINGS.values(), FIGURES, map(str, Status), get_args(Verdict))
    assert {text for table in tables for text in table} - {*sentences(), *phrases()} == set()


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_parameter_of_a_sentence_is_given(path: Path) -> None:
    lacking = [one for one in templates_of(path) if not set(PLACES.findall(one.text)) <= one.parameters]
    # A name in braces that no parameter fills is a word of the text.
    assert [one for one in lacking if one.parameters] == []
    assert [one.text for one in lacking if one.text in sentences()] == []


def test_the_modules_say_a_hundred_sentences_and_more() -> None:
    assert len({one.text for path in sources() for one in templates_of(path)}) > 150


def test_a_chinese_sentence_takes_in_what_the_english_one_does() -> None:
    for english, chinese in {**sentences(), **phrases()}.items():
        assert set(PLACES.findall(english)) == set(PLACES.findall(chinese)), english
        assert re.search("[\u3400-\u9fff、，：（]", PLACES.sub("", chinese)) or english == "the group {name}", chinese


@pytest.mark.parametrize("kind", [ModelConfig, TrainConfig, ComposeConfig])
def test_what_each_setting_means_is_known_in_chinese(kind: type[DeclaredSettings]) -> None:
    for setting in settings_of(kind):
        assert setting.help in sentences()


def said_of(wish: ComposeConfig) -> str:
    with pytest.raises(StudioError) as caught:
        compose_poem(small_model(), wish)
    return in_chinese(str(caught.value))


@pytest.mark.parametrize(
    ("wish", "chinese"),
    [
        (ComposeConfig(begin="浬"), "此模型不识“浬”字。它认得的相近的字："),
        (ComposeConfig(begin="ri"), "'ri' 不是汉字。读音如此的字：ri: 日。"),
        (ComposeConfig(form="五绝", acrostic="ri"), "'ri' 不是汉字。读音如此的字：ri: 日。"),
        (ComposeConfig(begin="Q"), "'Q' 不是汉字。请用汉字起头，如 日 或 春江。"),
        (ComposeConfig(rhyme="东"), "韵要有诗体，而自由诗没有。选一种诗体，如五绝。"),
        (
            ComposeConfig(form="五绝", acrostic="日月山水风"),
            "藏头有 5 个字，而五绝只有 4 句。少给几个，或选更长的诗体。",
        ),
        (
            ComposeConfig(form="五绝", begin="日", acrostic="月"),
            "在第 1 句第 1 字，起字要“日”，藏头要“月”。请去掉其中之一。",
        ),
        (ComposeConfig(form="五绝", begin="日", rhyme="天地"), "没有名为 '天地' 的韵部。平声韵部："),
        (ComposeConfig(form="五绝", tone_pattern="xy"), "五绝没有名为 'xy' 的平仄式。它的平仄式有："),
        (
            ComposeConfig(form="五绝", keep="日日日日日／月月月月月／山山山山月／水水水水水"),
            "诗中的“月”是仄，而五绝在第 2 句第 5 字要平声。换一个字，或换一种诗体。",
        ),
    ],
)
def test_a_request_that_cannot_be_met_is_said_in_chinese_to_the_end(wish: ComposeConfig, chinese: str) -> None:
    said = said_of(wish)
    assert chinese in said
    assert not re.search("[a-z]{3}", said), said


def test_a_name_is_never_translated_within_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StudioError) as caught:
        find_model("the acrostic of my dreams")
    assert in_chinese(str(caught.value)).startswith(
        "没有名为 'the acrostic of my dreams' 的模型。现有模型：studio-lstm"
    )


def test_a_sentence_that_nobody_translated_stays_as_it_is() -> None:
    assert in_chinese("The sky is falling. Run.") == "The sky is falling. Run."
    assert in_chinese(Message("The {what} is falling.", what="sky")) == "The sky is falling."


def test_only_who_chose_chinese_hears_chinese() -> None:
    english = Message("There is no model called {name}.", name="'x'")
    assert tr_error(english) == english
    set_language("zh")
    assert tr_error(english) == "没有名为 'x' 的模型。"


@pytest.mark.parametrize(
    ("does", "chinese"),
    [
        (lambda: form_called("sonnet"), "没有名为 'sonnet' 的诗体。`poetry-tui forms` 列出所有诗体。"),
        (lambda: open_corpus("nowhere"), "没有名为 nowhere 的语料或文件。现有语料：还没有。"),
        (lambda: read_config(paths.runs() / "none"), "不是训练：没有 config.json。请给出训练的文件夹"),
        (lambda: model_files.read_metadata(paths.runs()), "里没有模型：缺 model.json。请给出模型的文件夹"),
        (lambda: TrainConfig(learning_rate=-1), "learning_rate 是 -1，不在 0 到 10 之间。意思是：学习率的峰值。"),
    ],
)
def test_a_problem_and_its_hint_are_said_together(does: object, chinese: str) -> None:
    assert callable(does)
    with pytest.raises(StudioError) as caught:
        does()
    assert chinese in in_chinese(str(caught.value))


def test_the_failure_of_a_run_is_worded_in_chinese_from_its_events() -> None:
    place = Message("position {number} of line {number2}", number=3, number2=1)
    error = ModelError("{path} is damaged: {error}.", "Choose another name.", path="a.json", error=place)
    wording = json.dumps(str(error).to_dict())  # type: ignore[attr-defined]
    failed = RunFailed(step=1, kind="ModelError", message=str(error), wording=wording)
    assert failed.worded == str(error) == "a.json is damaged: position 3 of line 1. Choose another name."
    assert in_chinese(failed.worded) == "a.json 已损坏：第 1 句第 3 字。请换一个名字。"


def test_several_names_are_listed_as_the_language_does_it() -> None:
    reason = Message("{reason} ({n_poems:,})", reason=Message("it has no Han characters"), n_poems=2)
    message = Message("Choose one of: {names}.", names=("none", "日月", reason))
    assert message == "Choose one of: none, 日月, it has no Han characters (2)."
    for one in (message, Message.from_dict(json.loads(json.dumps(message.to_dict())))):
        assert in_chinese(one) == "请选其一：none、日月、没有汉字（2）。"


@pytest.mark.parametrize(
    "wording",
    [
        "",
        "{",
        "[]",
        '{"text": "x", "template": "{path} is missing.", "parameters": {}}',
        '{"text": "x", "template": "{", "parameters": {}}',
        '{"text": "x", "template": "y", "parameters": {"a": {"text": 1}}}',
        '{"text": 3, "template": "y", "parameters": {}}',
    ],
)
def test_a_wording_that_is_none_leaves_the_message(wording: str) -> None:
    assert RunFailed(step=1, kind="X", message="It broke.", wording=wording).worded == "It broke."


def test_no_error_is_an_f_string() -> None:
    """It would have no template, by which its translation is found."""
    found = [
        f"{path.relative_to(ROOT)}:{argument.lineno}"
        for folder in ("engine", "poetry_tui")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        # `raise error(…)`: of a kind that the caller chose.
        if node.func.id in {*KINDS, "Message"} or (node.func.id == "error" and node.args)
        for argument in node.args
        if isinstance(argument, ast.JoinedStr)
    ]
    assert found == []
