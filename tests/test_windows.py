"""What Windows lacks, taken away here: nothing needs it to be loaded, to write its files or to end its children."""

import asyncio
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from engine.system import processes
from engine.system.files import replace_folder, write_atomically
from engine.system.interruption import StopRequest
from poetry_tui.engine_client.client import EngineClient, Phase

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it is so there")

ROOT = Path(__file__).parent.parent
# Loads every module but those that are for terminals of POSIX alone, where modules and names are missing as on Windows.
LOAD_ALL = """
import os, signal, sys
# Libraries look at the platform when they are loaded: they see the real one.
import asyncio, filelock, numpy, opencc, platformdirs, psutil, rich.console, rich.progress, safetensors.torch
import subprocess, tempfile, textual_serve.server, torch, torch.distributed
import textual.app, textual.command, textual.drivers.linux_driver, textual.screen, textual.widgets
for name in ("fcntl", "termios", "tty", "pty", "resource", "pwd", "grp"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGKILL", "SIGALRM", "SIGTSTP", "SIGCONT", "SIGWINCH", "pthread_sigmask"):
    delattr(signal, name)
for name in ("killpg", "geteuid", "getuid", "fork", "ttyname", "setsid", "getpgid"):
    delattr(os, name)
sys.platform = "win32"
import importlib, json
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
"""
FOR_TERMINALS_OF_POSIX = {"poetry_tui.terminal.driver"}


def modules() -> list[str]:
    paths = [path.relative_to(ROOT) for package in ("engine", "poetry_tui") for path in (ROOT / package).rglob("*.py")]
    names = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths}
    return sorted(name for name in names - FOR_TERMINALS_OF_POSIX if not name.endswith("__main__"))


def test_every_module_is_loaded_where_there_is_nothing_of_posix() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, json.dumps(modules())], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def files_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are flushed only where they are open for writing, and folders cannot be opened."""
    fsync, open_ = os.fsync, os.open

    def strict_fsync(descriptor: int) -> None:
        import fcntl

        if fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        fsync(descriptor)

    def strict_open(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        if os.path.isdir(path):  # noqa: PTH112 - it may be a descriptor
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return open_(path, flags, *rest, **options)

    monkeypatch.setattr(os, "fsync", strict_fsync)
    monkeypatch.setattr(os, "open", strict_open)
    # Where the system has it, trees are removed by the descriptors of their folders.
    monkeypatch.setattr(shutil, "_use_fd_functions", False)


def test_files_and_folders_are_written_as_windows_lets_them(files_of_windows: None, tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", "春")
    for content in ("old", "new"):
        with replace_folder(tmp_path / "folder") as aside:
            (aside / "file").write_text(content)
    assert (tmp_path / "folder" / "file").read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


async def test_the_service_is_ended_without_process_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "killpg")
    command = [sys.executable, "-m", "tests.poetry_tui.engine_client.fake_service"]
    client = EngineClient(lambda _state: None, command=command)
    client.start()
    deadline_s = asyncio.get_running_loop().time() + 60
    while client.state.phase is not Phase.READY and asyncio.get_running_loop().time() < deadline_s:
        await asyncio.sleep(0.02)
    process = client._process
    assert process is not None
    await client.close()
    assert process.returncode is not None


def test_a_process_of_its_own_is_started_by_what_windows_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes.own_session() == {"start_new_session": True}
    monkeypatch.setattr(processes, "sys", types.SimpleNamespace(platform="win32"))
    for number, name in enumerate(("CREATE_NEW_PROCESS_GROUP", "CREATE_NO_WINDOW")):
        monkeypatch.setattr(subprocess, name, 1 << number, raising=False)
    assert processes.own_session() == {"creationflags": 3}


def test_a_training_hears_ctrl_c_where_there_is_no_hang_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.system.interruption.TERMINATION_SIGNALS", (signal.SIGTERM,))
    before = signal.getsignal(signal.SIGHUP)
    with StopRequest(lambda _line: None) as stop:
        stop.can_save = True
        assert signal.getsignal(signal.SIGHUP) is before
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested
