"""Random keys in a real terminal, with the real service behind: the studio lives on, and leaves when it is told to."""

import random
from pathlib import Path

import pytest

from tests.terminals import STUDIO, terminal, wait_until, wait_until_gone

# No 2 and no ^r: behind them a training could be started, which goes on when the studio has gone. No q: it leaves.
KEYS = [
    *"13/?bdefhijklnrstuvwxyzDLRUX[],.+-=",
    "\r",
    "\r",
    "\t",
    "\x1b",
    "\x1b[A",
    "\x1b[B",
    "\x1b[C",
    "\x1b[D",
    "\x10",
    "日",
    " ",
]
N_BURSTS = 25


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_random_keys_in_a_terminal_end_nothing(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    monkeypatch.chdir(tmp_path)
    with terminal(STUDIO, HOME=str(tmp_path), OMP_NUM_THREADS="1") as studio:
        studio.wait_for("Compose")
        for _ in range(N_BURSTS):
            studio.press("".join(chance.choice(KEYS) for _ in range(chance.choice((1, 3, 12)))))
            if chance.random() < 0.3:
                studio.press("\x1b[200~" + "春\x1b[31m\n" * 200 + "\x1b[201~")
            studio.wait_for_quiet(0.1)
            assert studio.leader.poll() is None, studio.written[-3000:]
        below = studio.processes()
        studio.press("\x11")
        wait_until(lambda: studio.leader.poll() is not None)
        assert studio.leader.returncode == 0
        wait_until_gone(below)
