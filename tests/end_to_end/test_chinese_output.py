"""With `--lang zh` what a command prints is Chinese: no English word is left over, and no ASCII mark stands beside a character."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import engine.__main__
from engine.corpus.corpus import Corpus
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.corpus.tokens.control_codes import control_code_tags
from engine.corpus.tokens.token_cache import open_tokens
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.checkpoint import save_model
from engine.system.translations import LANGUAGE_VARIABLE
from poetry_tui.commands.cli import ENGINE_COMMANDS, main
from tests.engine.corpus.corpus_samples import made_up_poems, write_poems
from tests.engine.small_model import small_model
from tests.poetry_tui.tracking.make_run import life, write_run

HAN = r"[\u3400-\u9fff，。：；、（）“”]"
ASCII_BESIDE_HAN = re.compile(rf"{HAN} ?[,;:(]|([,;!?]|(?<!\d)\)) ?{HAN}|{HAN}\.( |$)")
# Commands and flags stay as they are, and so do the log of a run and its name.
STAYS = re.compile(r"`[^`]*`|--[a-z][\w-]*|loading the corpus|building the model|nndl lstm")
SENTENCE = re.compile("[A-Za-z]{2,} [a-z]{2,}")
# The names of a model and of the n-gram model, in the heads of tables.
NAMES = {"small", "Kneser", "Ney", "gram"}
POEMS = """\
白日依山尽，黄河入海流。欲穷千里目，更上一层楼。
床前明月光，疑是地上霜。举头望明月，低头思故国。
国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。
城春草木深，国破山河在。感时花溅泪，感时花溅泪。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。
日日日日日，月月月月月。
abc
"""


@pytest.fixture
def said(
    tmp_path: Path, studio_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Runs a command in Chinese, with a corpus, a model and two runs there; returns all that it printed."""
    corpus = import_poems(
        open_poems(write_poems(tmp_path / "poems.txt", [*made_up_poems(300), *POEMS.split("\n")[:4]])), "mine"
    )
    _save_model_of(corpus, studio_home / "models" / "small")
    for name in ("one", "two"):
        write_run(studio_home / "runs" / name, life(20))
    (tmp_path / "poems.txt").write_text(POEMS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(LANGUAGE_VARIABLE, "zh")
    device = {"device": "cpu", "name": "cpu, bfloat16", "cores": 2}
    monkeypatch.setattr("poetry_tui.commands.doctor.ask_for_device", lambda: device)

    def run(*words: str) -> str:
        capfd.readouterr()
        (engine.__main__.main if words[0] in ENGINE_COMMANDS else main)(list(words))
        captured = capfd.readouterr()
        return captured.out + captured.err.replace("poetry-tui: ", "")

    return run


def _save_model_of(corpus: Corpus, folder: Path) -> None:
    characters = open_tokens(corpus).vocabulary.characters
    loaded = small_model(vocabulary=Vocabulary(characters, control_code_tags()))
    about = {"name": "small", "corpus": {"name": corpus.name, "sha256": corpus.sha256}}
    save_model(folder, loaded.model, loaded.vocabulary, about)


@pytest.mark.parametrize(
    "line",
    [
        "check poems.txt",
        "check poems.txt --form 五绝",
        "check poems.txt --rhyme-book xinyun",
        "novelty poems.txt --model small",
        "forms 五",
        "forms sonnet",
        "corpus list",
        "corpus check mine",
        "corpus check poems.txt",
        "corpus find 天地 --corpus mine",
        "corpus find 天魔 --corpus mine",
        "corpus import poems.txt --name other",
        "corpus held-out mine",
        "corpus rm mine --yes",
        "models",
        "runs",
        "runs show one",
        "runs compare one two",
        "runs rm one two",
        "runs rm one two --yes",
        "favourites",
        "locate",
        "locate nowhere",
        "cache clear",
        "doctor",
        "neighbours 天地 small",
        "neighbours [/b] small",
        "neighbours 鹓 small",
        "neighbours tian small",
        "evaluate --poems poems.txt --model small --each-part --baseline",
        "rates --form 五绝 -n 2 --model small",
        "compose 天 --model small --seed 3",
        "compose 天 --model small --form 五绝 --use 天地玄黄宇宙",
        "compose 天 --model nowhere",
        "compose 天 --model small --form 五绝 --tone-pattern x",
        "compose 天 --model small --rhyme-book 无",
        "train --corpus nowhere",
        "train --cell rnm",
    ],
)
def test_a_command_prints_chinese(line: str, said: Callable[..., str]) -> None:
    text = said(*line.split())
    assert re.search("[\u3400-\u9fff]", text)
    assert [found.group() for found in ASCII_BESIDE_HAN.finditer(text)] == []
    assert SENTENCE.findall(STAYS.sub("", text)) == []
    head = text.partition("\n")[0] if "  " in text.partition("\n")[0] else ""
    assert set(re.findall("[a-z]{3,}", head, re.IGNORECASE)) - NAMES - set(line.split()) == set()
