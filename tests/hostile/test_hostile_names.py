"""Names, paths and texts that no file system, no network and no terminal takes: every command answers in one sentence."""

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.__main__ import main as engine_main
from engine.corpus.store import create, open_corpus
from engine.corpus.store import remove as remove_corpus
from engine.model.registry import add_model, find_model, remove_model
from engine.system import paths
from engine.system.errors import StudioError
from engine.system.names import MAX_FOLDER_NAME_BYTES, check_name, path_of
from poetry_tui.commands.cli import main
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.tracking.summary import find_run
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.small_model import save_small_model
from tests.hostile.mutations import FACTOR, NAMES, is_refused, rng
from tests.poetry_tui.tracking.make_run import life, write_run

UNFORESEEN = ("Traceback", "unexpected", "not foreseen", "Errno", "Error(")

# What a person types where a Han character, a form or a line is wanted.
WISHES = (
    *NAMES, "𠮷", "龘", "□", "□□□□", "日日", "日" * 10_000, "，", "。。。", "🌙", "1", "日\u0301", "Ａ", "ｱ", "〇",
    "日　月", "日\t月", "日/月",
    "日\n月", "wujue", "七绝", "free", "0", "-1", "nan", "inf", "1e308", "aBbA", "东", "平", "／" * 7, "日" * 20, "□" * 28, "日" * 28,
)  # fmt: skip


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own: a name may become a file."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)


def check_output(capsys: pytest.CaptureFixture[str], code: int, words: list[str]) -> None:
    said = capsys.readouterr()
    assert code in (0, 1, 2), (words, code)
    assert not any(word in said.err + said.out for word in UNFORESEEN), (words, said.err[:500])
    if code:
        assert said.err.strip(), words
        assert all(line.isprintable() for line in said.err.splitlines()), words


COMMANDS: dict[str, list[str]] = {
    "runs show": ["runs", "show"],
    "runs rm": ["runs", "rm", "--yes"],
    "runs compare": ["runs", "compare", "good"],
    "models add": ["models", "add"],
    "models add --name": ["models", "add", "good", "--name"],
    "models rm": ["models", "rm", "--yes"],
    "corpus check": ["corpus", "check"],
    "corpus rm": ["corpus", "rm", "--yes"],
    "corpus import": ["corpus", "import"],
    "corpus import --name": ["corpus", "import", "poems.txt", "--name"],
    "check": ["check"],
    "check --form": ["check", "poems.txt", "--form"],
    "novelty --model": ["novelty", "poems.txt", "--model"],
    "report": ["report"],
    "report -o": ["report", "good", "-o"],
    "favourites show": ["favourites", "show"],
    "favourites list --tag": ["favourites", "list", "--tag"],
    "favourites list --search": ["favourites", "list", "--search"],
    "favourites export -o": ["favourites", "export", "-o"],
    "a command": [],
}
# A character device has no end, and may be written to.
ENDLESS = ("/dev/full", "/dev/null", "/proc/1/root", "/proc/self/mem", "/")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_answers_any_name_in_a_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(paths.runs() / "good", life(20))
    Path("poems.txt").write_text("春晓:春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。\n", "utf-8")
    chance = rng(command)
    for name in chance.sample(NAMES, min(len(NAMES), 14 * FACTOR)):
        if name in ENDLESS or (not COMMANDS[command] and name in ("", "--json")):
            continue
        words = [*COMMANDS[command], *([] if name.startswith("-") is False else ["--"]), name]
        try:
            code = main(words)
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        check_output(capsys, code, words)


FINDERS: dict[str, Callable[[str], object]] = {
    "model": find_model,
    "run": find_run,
    "corpus": open_corpus,
    "path": path_of,
    "model to remove": remove_model,
    "model to add": lambda name: add_model(Path("model"), name),
    "corpus to remove": remove_corpus,
    "corpus to make": lambda name: create(name, (), licence="", source="nowhere", cleaner=None),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("kind", FINDERS)
def test_any_name_is_found_or_refused(kind: str) -> None:
    save_small_model(Path("model"))
    # A corpus is made with a cleaner; there is none here, as no name gets so far without being judged.
    ordinary = (AttributeError,) if kind == "corpus to make" else ()
    for name in NAMES:
        if name not in ENDLESS:
            is_refused(functools.partial(FINDERS[kind], name), ordinary=ordinary)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "字" * 67, "a" * 201, "\ud800", "\u202ea", "a\nb", "~x", "-a", "\x00"]
)
def test_a_name_that_can_be_no_folder_is_refused(name: str) -> None:
    with pytest.raises(StudioError):
        check_name(name, "model")


@pytest.mark.parametrize("name", ["a", "字" * 66, "a" * MAX_FOLDER_NAME_BYTES, "my model 2.1-b", "_x", "春"])
def test_a_name_that_can_be_a_folder_is_taken(name: str) -> None:
    assert check_name(name, "model") == name


@pytest.mark.parametrize(
    "home", ["~nouser", "x" * 256, "字" * 90, "a/" * 2500, "/dev/null", "/proc/x", "/dev/null/x", "."]
)
def test_a_home_that_can_be_none_is_one_sentence(
    home: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POETRY_TUI_HOME", home)
    for words in (
        ["runs"],
        ["models"],
        ["corpus"],
        ["favourites"],
        ["runs", "show", "x"],
        ["models", "rm", "x"],
    ):
        check_output(capsys, main(words), words)


@pytest.fixture(scope="module")
def rhyming(tmp_path_factory: pytest.TempPathFactory) -> str:
    from engine.model.checkpoint import save_model

    loaded = rhyming_model()
    folder: Path = tmp_path_factory.mktemp("models") / "rhyming"
    save_model(folder, loaded.model, loaded.vocabulary, {"name": "rhyming"})
    return str(folder)


def wishes(n: int) -> Iterator[list[str]]:
    chance = rng("compose")
    flags = (
        "--title",
        "--rhyme",
        "--acrostic",
        "--tail",
        "--keep",
        "--use",
        "--form",
        "--order",
        "--temperature",
        "--seed",
        "-n",
        "--top-p",
        "--max-chars",
        "--n-particles",
        "--device",
    )
    for _ in range(n):
        words = ["--form", chance.choice(("五绝", "七绝", "五律", "浣溪沙", "free"))] if chance.random() < 0.8 else []
        for flag in chance.sample(flags, chance.randrange(1, 4)):
            words.append(f"{flag}={chance.choice(WISHES)}")
        if chance.random() < 0.6:
            words += ["--", chance.choice(WISHES)]
        # An honest request for a thousand poems takes as long as it takes.
        if not any(word in words for word in ("-n=1e308", "--max-chars=65536")):
            yield words


def test_compose_answers_any_words_in_a_sentence(rhyming: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words in wishes(150 * FACTOR):
        line = ["compose", "--model", rhyming, *words]
        try:
            code = engine_main(line)
        except StudioError as error:  # pragma: no cover - `main` catches it
            raise AssertionError(line) from error
        check_output(capsys, code, line)


@pytest.mark.skipif(os.name != "posix", reason="the locale decides of arguments on POSIX alone")
@pytest.mark.parametrize(
    "words", [["check", "--form", "五绝", "春.txt"], ["check", "--form", "绝五", "春.txt"], ["models", "add", "春"]]
)
def test_chinese_arguments_and_files_work_in_the_c_locale(words: list[str]) -> None:
    Path("春.txt").write_text("春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。\n", "utf-8")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "poetry_tui", *words],
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert not any(word in done.stderr for word in UNFORESEEN), done.stderr
    expected = {"五绝": (0, "春眠不觉晓"), "绝五": (1, "绝五"), "春": (1, "春")}[words[2]]
    assert done.returncode == expected[0] or done.returncode == 2
    assert expected[1] in done.stdout + done.stderr


@pytest.mark.parametrize("flag", ["-n", "--seed", "--title", "--temperature", "--device", "--max-chars"])
def test_a_flag_whose_value_is_the_end_of_flags_has_none(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert engine_main(["compose", "春", f"{flag}=--"]) == 2
    assert f"rgument {flag}: expected one argument" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="the locale decides of arguments on POSIX alone")
def test_compose_takes_a_chinese_begin_in_the_c_locale(rhyming: str) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "poetry_tui", "compose", "春", "--model", rhyming, "--seed", "1"],
        env=environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("春")


def test_a_number_beyond_the_database_is_no_favourite() -> None:
    store = FavouriteStore()
    kept = store.add(Favourite(id=0, text="日。", begin="日", model="x", seed=1))
    for number in (0, -1, 2**63, 10**30, kept.id + 1):
        assert is_refused(functools.partial(store.get, number)) is not None
        assert is_refused(functools.partial(store.delete, number)) is not None
