"""The README's commands run, one after the other, and the outputs that it shows are true."""

import re
import subprocess
import sys
from pathlib import Path

from engine.composing.composer import SEED_STRIDE
from tests.small_corpus import write_corpus

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
# A training of the README takes minutes.
SHORT = ["--max-steps", "2", "--n-val-poems", "5", "--batch-size", "8"]


def block(section: str) -> str:
    """The first code block of a section."""
    return re.split(r"^```\w*$", README.split(f"## {section}\n")[1], maxsplit=2, flags=re.MULTILINE)[1]


def transcript() -> list[tuple[str, str]]:
    """The commands of "Sixty seconds" and what the README shows below each."""
    parts = re.split(r"^\$ ", block("Sixty seconds"), flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def run(command: list[str], folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", *command]
    done = subprocess.run(
        line, cwd=folder, input=stdin, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done


def without_characters(text: str) -> list[str]:
    """The layout of poems, whose characters depend on the processor's arithmetic."""
    return re.sub(r"[一-鿿]", "字", text).splitlines()


def test_the_transcript_of_sixty_seconds_is_true(tmp_path: Path) -> None:
    (_, _), (compose, poems), (check, judged) = transcript()
    done = run(["poetry_tui", *compose.split()[1:]], tmp_path)
    shown = [line for line in poems.splitlines() if not line.startswith(" ")]
    assert without_characters(done.stdout.strip()) == without_characters("\n".join(shown))
    footer = re.compile(r" {4}七绝, \S+, studio-lstm, seed (\d+)")
    first_seed = int(compose.split("--seed ")[1].split()[0])
    seeds_of_pool = {(first_seed + number * SEED_STRIDE) % 2**31 for number in range(1000)}
    for text in (poems, done.stderr):
        matches = [footer.fullmatch(line) for line in text.splitlines() if line.startswith(" ")]
        assert [match is not None and int(match[1]) in seeds_of_pool for match in matches] == [True, True]

    echo, _, command = check.removesuffix(" 2>/dev/null").partition(" | ")
    done = run(["poetry_tui", *command.split()[1:]], tmp_path, stdin=echo.removeprefix("echo ").strip("'"))
    assert done.stdout.strip() == judged.strip()


def test_the_way_from_a_file_of_poems_to_a_model_of_ones_own_runs(tmp_path: Path) -> None:
    write_corpus(tmp_path / "my-poems.txt")
    lines = [line.partition("#")[0].split() for line in block("Train your own").strip().splitlines()]
    name = "RUN"
    for program, *words in lines:
        assert program == "poetry-tui"
        words = [name if word == "RUN" else word for word in words]
        done = run(["poetry_tui", *words, *(SHORT if words[0] == "train" else [])], tmp_path)
        if words[:2] == ["runs", "list"]:
            name = done.stdout.splitlines()[1].split()[0]
    assert name != "RUN"
    # The last command composed a poem by the new model.
    assert words[:2] == ["compose", "月"]
    assert done.stdout.startswith("月")
