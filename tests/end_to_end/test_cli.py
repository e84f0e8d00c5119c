"""The command line as a person or a program meets it."""

import argparse
import errno
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine import __version__
from engine.__main__ import main as engine_main
from engine.commands.front import QUIET_VARIABLE
from engine.system.translations import LANGUAGE_VARIABLE
from poetry_tui.commands import cli
from poetry_tui.commands.cli import main
from poetry_tui.commands.output import progress
from tests.poetry_tui.preferences.test_help import ALL


@pytest.mark.parametrize(
    "line",
    ["-h", "corpus -h", "corpus install -h", "models -h", "runs compare -h", "favourites export -h", "doctor -h"],
)
def test_help_is_data_and_no_failure(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(line.split())
    assert leaving.value.code == 0
    assert "usage: poetry-tui" in capsys.readouterr().out


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for command in ("compose", "train", "evaluate", "runs", "models", "corpus", "favourites", "doctor"):
        assert f"  {command}" in text


def test_the_version_is_the_engines(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"poetry-tui {__version__}\n"


@pytest.mark.parametrize(
    ("line", "status", "expected"),
    [
        ("sing", 2, "has no command 'sing'"),
        ("runs fly", 2, "has no command 'fly'"),
        ("runs show", 2, "required"),
        ("runs list --loud", 2, "--loud"),
        ("runs show nothing", 1, "no run called 'nothing'"),
        ("runs compare one", 2, "two runs"),
        ("models rm nothing", 1, "no model called 'nothing'"),
        ("models add nowhere", 1, "holds no model"),
        ("favourites show 3", 1, "no favourite 3"),
        ("corpus import nowhere.txt", 1, "no file nowhere.txt"),
        ("corpus check nowhere.txt", 1, "nowhere.txt"),
        ("corpus rm nothing", 1, "no corpus called nothing"),
        ("corpus rm ''", 1, "no corpus called ''. "),
        ("locate nowhere", 2, "`poetry-tui locate` does not take 'nowhere'. Choose one of: data"),
        ("completion tcsh", 2, "does not take 'tcsh'. Choose one of: bash, zsh, fish."),
        ("serve --port x", 2, "The value 'x' of --port is not a whole number."),
        ("serve --host ''", 2, "no address to listen on"),
        ("compose 日 -n 0", 2, "-n cannot be 0. Give 1 to 1,000,000."),
        ("compose 日 -n 99999999999999999999", 2, "Give 1 to 1,000,000."),
        ("rates --poems .", 1, ". is a folder. Name a file."),
        ("compose 日 --seal 春江", 2, "These options are those of a poster. Add --poster FILE"),
        ("compose 日 --force", 2, "These options are those of a poster."),
        ("check nowhere.txt", 1, "no file nowhere.txt"),
        ("novelty nowhere.txt", 1, "no file nowhere.txt"),
        ("neighbours ''", 2, "There is no character to look up. Give Chinese characters"),
        ("neighbours [/b]", 2, "'[' is no Han character. Give Chinese characters"),
        ("train --corpus nowhere", 1, "There is no corpus and no file called nowhere."),
        ("experiment cells --seeds 0", 2, "--seeds cannot be 0."),
    ],
)
def test_an_error_is_one_line_on_stderr(
    line: str, status: int, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = shlex.split(line)
    assert (engine_main if words[0] in cli.ENGINE_COMMANDS else main)(words) == status
    said = capsys.readouterr()
    assert said.out == ""
    assert expected in said.err
    assert said.err.startswith("poetry-tui: ")
    assert said.err.count("\n") == 1


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--debug", "runs", "show", "nothing"]) == 1
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_a_command_alone_is_parsed_as_among_all(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    helps = []
    for parser in (cli.make_parser(command), cli.make_parser()):
        with pytest.raises(SystemExit):
            parser.parse_args([command, "-h"])
        helps.append(capsys.readouterr().out)
    assert helps[0] == helps[1] != ""


def test_what_nobody_foresaw_is_a_sentence_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(command: str) -> None:
        raise RuntimeError("the brush broke")

    monkeypatch.setattr(cli, "make_parser", broken)
    assert main(["runs"]) == 1
    said = capsys.readouterr().err
    assert "the brush broke" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("front", ["poetry_tui.commands.cli", "engine.__main__"])
def test_a_full_disk_is_one_sentence_wherever_it_shows(
    front: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(command: str) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(f"{front}.make_parser", full)
    assert (main if "cli" in front else engine_main)(["runs"]) == 1
    assert capsys.readouterr().err == (
        "poetry-tui: The disk is full. Make room, or set POETRY_TUI_HOME to a folder on another one.\n"
    )


def test_an_interrupt_is_130_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(command: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "make_parser", interrupted)
    assert main(["runs"]) == 130
    assert capsys.readouterr().err == ""


def test_without_a_terminal_the_studio_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the engine is a child")
@pytest.mark.parametrize(
    ("line", "handed"),
    [
        ("compose 日 红 --seed 7 --json", "compose 日 红 --seed 7 --json"),
        ("train --preset nndl", "train --preset nndl"),
        ("--debug evaluate --poems a.txt", "evaluate --debug --poems a.txt"),
    ],
)
def test_what_computes_is_handed_to_the_engine(line: str, handed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, arguments: calls.append(arguments))
    # The real execv does not return; 1 or 0 is what the stand-in leads to.
    monkeypatch.setattr(subprocess, "call", lambda arguments: 0)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    main(line.split())
    assert calls == [[sys.executable, "-P", "-m", "engine", *handed.split()]]


@pytest.mark.parametrize("line", ["runs", "models list", "corpus list", "favourites list", "favourites --tag 江"])
def test_an_empty_list_is_said_on_stderr_alone(line: str, capsys: pytest.CaptureFixture[str], no_bundled: None) -> None:
    assert main(line.split()) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err


@pytest.mark.parametrize("line", ["runs --json", "models list --json", "corpus --json", "favourites list --json"])
def test_an_empty_list_is_an_empty_json_list(line: str, capsys: pytest.CaptureFixture[str], no_bundled: None) -> None:
    assert main(line.split()) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_commands_of_the_face_load_no_torch() -> None:
    script = (
        "import sys; from poetry_tui.commands.cli import main; status = main(['models', '--json']); "
        "main(['runs']); main(['corpus']); main(['favourites']); "
        "loaded = {'torch', 'safetensors', 'textual'} & sys.modules.keys(); sys.exit(f'loaded: {loaded}' if loaded else status)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr


CarriedOut = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def carried_out(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CarriedOut:
    """Carry out a command here, one of the engine too, in the language of the given environment."""
    monkeypatch.setattr(cli, "_hand_over", lambda command, arguments: engine_main([command, *arguments]))

    def carry_out(line: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        with pytest.MonkeyPatch.context() as patch:
            for name in ("LC_ALL", "LC_MESSAGES", "LANG", LANGUAGE_VARIABLE):
                patch.setenv(name, environment.get(name, ""))
            # A parser in Chinese has argparse speak it to the end of the process.
            for name in ("_", "ngettext"):
                patch.setattr(argparse, name, vars(argparse)[name])
            try:
                status = main(line.split())
            except SystemExit as leaving:
                status = int(leaving.code or 0)
        return subprocess.CompletedProcess(line, status, *capsys.readouterr())

    return carry_out


@pytest.fixture
def said(carried_out: CarriedOut) -> Callable[..., str]:
    """What a command that fails says on stderr."""

    def say(line: str, **environment: str) -> str:
        done = carried_out(line, **environment)
        assert done.returncode in (1, 2)
        return done.stderr

    return say


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("compse 日", "compose"),
        ("runs lst", "list"),
        ("runs list --jsn", "--json"),
        ("compose 日 --temprature 1", "--temperature"),
        ("compose 日 --form qijeu", "qijue"),
        ("compose 日 --form 五觉", "五绝"),
        ("compose 日 --model studio-lsmt", "studio-lstm"),
        ("train --preset ndnl", "nndl"),
        ("corpus install tan", "tang"),
    ],
)
def test_a_mistyped_name_is_answered_with_the_nearest(line: str, near: str, said: Callable[..., str]) -> None:
    english, chinese = said(line), said(f"--lang zh {line}")
    assert english.startswith("poetry-tui: ")
    assert f"Did you mean {near}?" in english
    assert chinese.startswith("poetry-tui: ")
    assert f"是不是 {near}？" in chinese


@pytest.mark.parametrize(
    "line", ["compose", "runs show", "compose 日 --seed x", "models rm nothing", "runs show nothing"]
)
def test_errors_are_chinese_where_the_locale_is(line: str, said: Callable[..., str]) -> None:
    english = said(line, LANG="en_GB.UTF-8")
    assert said(line, LC_ALL="C.UTF-8", LANG="zh_CN.UTF-8") == english
    chinese = said(line, LANG="zh_CN.UTF-8")
    assert chinese.startswith("poetry-tui: ")
    assert chinese.isascii() is False
    assert english.removeprefix("poetry-tui: ").split()[0] not in chinese
    assert said(f"--lang=en {line}", LANG="zh_CN.UTF-8") == english


@pytest.mark.parametrize(
    ("line", "english", "chinese"),
    [
        ("models list", "came with the studio", "自带"),
        ("forms wulv", "characters of the lines", "各句字数"),
        ("corpus list", "There is no corpus yet.", "还没有语料。"),
        ("check poems.txt", "line 2, position 4: 山 is 平, 仄 is wanted", "第 2 句第 4 字：“山”是平，应为仄"),
    ],
)
def test_notes_and_tables_are_chinese_where_that_is_asked_for_and_json_never_is(
    line: str, english: str, chinese: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, carried_out: CarriedOut
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("poems.txt").write_text("白日依山尽，黄河入山流。欲穷千里目，更上一层楼。\n", encoding="utf-8")
    done = {name: carried_out(f"{asked}{line}") for name, asked in (("en", ""), ("zh", "--lang zh "))}
    assert [one.returncode for one in done.values()] == [0, 0]
    printed = {name: one.stdout + one.stderr for name, one in done.items()}
    assert english in printed["en"]
    assert chinese not in printed["en"]
    assert chinese in printed["zh"]
    assert english not in printed["zh"]
    assert carried_out(f"--lang zh {line} --json").stdout == carried_out(f"{line} --json").stdout


def test_a_language_that_the_studio_does_not_speak_is_refused(said: Callable[..., str]) -> None:
    assert "Did you mean zh?" in said("--lang zhh runs")


def test_every_command_that_prints_a_result_has_json() -> None:
    """Except those that print a path, a script, or a file of a format that is chosen."""
    with_json = {parser.prog for parser in ALL if "--json" in parser._option_string_actions}
    others = {parser.prog.removeprefix("poetry-tui ") for parser in ALL if parser.prog not in with_json}
    groups = {"poetry-tui", "corpus", "models", "runs", "favourites", "cache"}
    changes = {
        "corpus rm",
        "models rm",
        "runs rename",
        "runs note",
        "runs tag",
        "runs rm",
        "favourites collect",
        "favourites restore",
        "cache clear",
    }
    paths = {"models add", "report", "pack", "favourites poster"}
    paths |= {name for name in others if name.partition(" ")[0] == "experiment"}
    files = {"runs export", "favourites export", "completion"}
    screens = {"monitor", "serve", "lessons"}
    assert others == groups | changes | paths | files | screens


def test_quiet_shows_no_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv(QUIET_VARIABLE, "1")
    with progress("corpus") as tell:
        tell("download", 0.5)
    assert capsys.readouterr().err == ""


def test_quiet_leaves_data_and_errors(studio_home: Path, carried_out: CarriedOut) -> None:
    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "poetry_tui", *words]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)

    poem = "compose 日 --seed 7 --model studio-small"
    told, quiet = carried_out(poem), run(*poem.split(), "--quiet")
    assert quiet.stdout == told.stdout
    assert told.stderr
    assert quiet.stderr == ""
    assert run("--quiet", "runs").stderr == ""
    assert run("--quiet", "runs", "show", "none").stderr.startswith("poetry-tui: ")
