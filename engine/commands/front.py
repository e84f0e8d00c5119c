"""Running a command: errors become an exit status and a message; narration goes to stderr.

Exit status: 0 done, 1 failed, 2 usage error, 130 interrupted (Ctrl-C, SIGTERM, a closed terminal). A closed pipe on stdout
(`| head`) is no failure; any other write error on stdout (a full disk, `>&-`) is one.
"""

import contextlib
import errno
import math
import os
import sys
import time
from collections.abc import Callable, Iterator

from engine.system.errors import INTERRUPTED, Message, StudioError
from engine.system.interruption import interruptible
from engine.system.names import printable
from engine.system.streams import OutputLostError
from engine.system.translations import worded

# Set by `--quiet`; the engine process inherits it.
QUIET_VARIABLE = "POETRY_TUI_QUIET"

_DISK_FULL = StudioError("The disk is full.", "Make room, or set POETRY_TUI_HOME to a folder on another one.")
_LITTLE_MEMORY = StudioError(
    "The memory that this process may use is too small.",
    "Close other programs, lift the limit (`ulimit -v unlimited`), or choose a smaller model or batch.",
)
# Address space that PyTorch alone reserves; most of it is never touched.
MIN_MEMORY_BYTES = 800_000_000
# Parts of the libraries' messages about lack of memory.
_NO_MEMORY = (
    "allocate memory",
    "enough memory",
    "out of memory",
    "failed to map segment",
    "start new thread",
    "bad_alloc",
)
# Above this fraction of the memory limit, any error is attributed to lack of memory.
_NEARLY_ALL = 0.7


def carry_out(run: Callable[[], int], complain: Callable[[StudioError], object], *, debug: bool) -> int:
    """Run a command and return its exit status. `complain` shows an error; with `debug` it is raised."""
    try:
        with interruptible():
            status = run_and_flush(run)
    except OutputLostError as lost:
        if lost.is_broken_pipe or lost.is_hang_up:
            return 0 if lost.is_broken_pipe else INTERRUPTED
        complain(
            StudioError("The output cannot be written: {error}.", "Make room, or send stdout elsewhere.", error=lost)
        )
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except StudioError as error:
        if debug:
            raise
        complain(error)
        return error.exit_code
    except Exception as error:
        if debug:
            raise
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            complain(_DISK_FULL)
        elif is_lack_of_memory(error) or is_at_memory_limit():
            complain(_LITTLE_MEMORY)
        else:
            raise
        return 1
    return status


def run_and_flush(run: Callable[[], int]) -> int:
    """Run and flush stdout, also before the SystemExit of `--help`. Raises OutputLostError when the output cannot be written."""
    try:
        status = run()
    except SystemExit:
        sys.stdout.flush()
        raise
    sys.stdout.flush()
    return status


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error, or one of its causes, is due to lack of memory, which each library words differently."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or (isinstance(seen, OSError) and seen.errno == errno.ENOMEM):
            return True
        if isinstance(seen, RuntimeError | ImportError) and any(words in str(seen).lower() for words in _NO_MEMORY):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def ensure_memory() -> None:
    """Raise StudioError if `ulimit -v` is too small for PyTorch, which would fail in unpredictable ways or end the process."""
    if has_little_memory():
        raise _LITTLE_MEMORY


def has_little_memory() -> bool:
    """Whether PyTorch cannot be loaded within the memory that `ulimit -v` allows."""
    return memory_limit_bytes() < MIN_MEMORY_BYTES


def is_at_memory_limit() -> bool:
    """Whether this process has used most of the memory that `ulimit -v` allows; not every library reports a lack of memory."""
    import psutil

    used: int = psutil.Process().memory_info().vms
    return used > _NEARLY_ALL * memory_limit_bytes()


def memory_limit_bytes() -> float:
    """The address-space limit of this process in bytes; infinity without a limit."""
    if sys.platform == "win32":
        return math.inf
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return math.inf if limit == resource.RLIM_INFINITY else limit


def say(line: str, /, **parameters: object) -> None:
    """Print a line to stderr in the language of the command line, unless `--quiet` was given; `parameters` fill the template."""
    if not is_quiet():
        _print_to_stderr(worded(line, **parameters))


@contextlib.contextmanager
def progress_line(what: str) -> Iterator[Callable[[float], None]]:
    """Yield a function that shows the completed fraction, 0 to 1, on a terminal line that is erased at the end; not with `--quiet`.

    The line appears after 1 s, and is updated at most five times a second.
    """
    is_shown = sys.stderr is not None and sys.stderr.isatty() and not is_quiet()
    next_s, is_written = time.monotonic() + 1.0, False

    def show(share: float) -> None:
        nonlocal next_s, is_written
        if is_shown and time.monotonic() >= next_s:
            next_s, is_written = time.monotonic() + 0.2, True
            line = worded("{what}: {percent} %", what=Message(what), percent=int(100 * share))
            print(f"\r{line}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if is_written:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def is_quiet() -> bool:
    """Whether `--quiet` was given."""
    return bool(os.environ.get(QUIET_VARIABLE))


def _print_to_stderr(line: str) -> None:
    print("\n".join(map(printable, line.split("\n"))), file=sys.stderr, flush=True)


def complain(error: StudioError) -> None:
    """Print an error to stderr, in the language of the command line."""
    _print_to_stderr(f"poetry-tui: {worded(str(error))}".rstrip())
