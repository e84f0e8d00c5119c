"""The composing service: a process that answers requests on stdin with replies on stdout; stderr is a log.

`requests` and `replies` declare the messages. One thread reads, so that a cancellation takes effect at once; another carries out
the requests in order. The end of stdin means that the client is gone, and ends the process at once.
"""

import contextlib
import functools
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from engine.composing.replies import Cancelled, Failure, Hello
from engine.composing.requests import (
    MAX_REQUEST_BYTES,
    VERSION,
    AnyRequest,
    Cancel,
    InvalidRequestError,
    LoadModel,
    Shutdown,
    request_of_line,
)
from engine.composing.service.handlers import HANDLERS, Call, CancelledError, ReplyWriter
from engine.config.schema import ComposeConfig
from engine.model.metadata import WEIGHTS
from engine.model.registry import find_model
from engine.model.torch_import import import_torch_to_compose
from engine.system.errors import StudioError, UsageError
from engine.system.interruption import POLITE
from engine.system.names import brief

if TYPE_CHECKING:
    from engine.model.checkpoint import LoadedModel

# Loaded models that stay in memory.
MAX_MODELS = 2
# In the form that the studio begins with.
WARM_UP_POEM = ComposeConfig(form="qijue", seed=1)


def serve() -> NoReturn:
    """Serve stdin until it ends."""
    # Ctrl-C in the terminal is meant for the face; it ends us by closing stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # A polite kill needs no cleaning up, and shall not wait for a thread that composes.
    for number in POLITE:
        signal.signal(number, signal.SIG_DFL)
    # Only replies may reach the real stdout: whatever a library prints goes to stderr.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    service = Service(replies)
    service.replies.send(0, Hello(VERSION, os.getpid()))
    threading.Thread(target=service.work, name="composer", daemon=True).start()
    service.read(sys.stdin.buffer)
    # The worker may be in the middle of a poem that nobody waits for: leave without asking it.
    os._exit(0)


class Service:
    """Requests go in by `read`, are carried out by `work`, and answered through `replies`."""

    def __init__(self, replies: BinaryIO) -> None:
        self.replies = ReplyWriter(replies)
        self._requests: queue.SimpleQueue[tuple[int, AnyRequest]] = queue.SimpleQueue()
        # Ids of the requests that have no last reply yet, and those of them that were cancelled.
        self._open: set[int] = set()
        self._cancelled: set[int] = set()
        self._models: dict[tuple[Path, int], LoadedModel] = {}

    def read(self, requests: BinaryIO) -> None:
        """Take requests until there are no more, or a `Shutdown`."""
        while line := requests.readline(MAX_REQUEST_BYTES):
            if not line.endswith(b"\n") and len(line) == MAX_REQUEST_BYTES:
                while line and not line.endswith(b"\n"):
                    line = requests.readline(MAX_REQUEST_BYTES)
                self._reply_error(0, UsageError("A request is longer than a mebibyte.", "Send one object a line."))
                continue
            if not line.strip():
                continue
            try:
                request_id, request = request_of_line(line)
            except InvalidRequestError as error:
                hint = "engine/composing/requests.py declares the requests."
                self._reply_error(
                    error.id, UsageError("A request cannot be read: {error}.", hint, error=brief(str(error)))
                )
                continue
            if isinstance(request, Shutdown):
                return
            if isinstance(request, Cancel):
                self._cancelled |= self._open & {request.target}
            else:
                self._open.add(request_id)
                self._requests.put((request_id, request))

    def work(self) -> NoReturn:
        """Carry out requests for ever; nothing that goes wrong with one of them ends the service."""
        # Loading torch takes a second: begin before the first poem is wanted.
        import_torch_to_compose()
        from engine.model.devices import use_threads

        # Composing reads each weight once a character: a second thread hardly helps, and waiting for it takes ten
        # times as long as working when a training keeps the processor busy.
        use_threads(1)
        while True:
            request_id, request = self._requests.get()
            self.carry_out(request_id, request)
            if isinstance(request, LoadModel):
                self.warm_up(request.model)

    def warm_up(self, model: str | None) -> None:
        """Compose a poem for nobody, so that tables are read and weights packed when the first one is wanted; a request ends it."""
        from engine.composing.composer import compose_many
        from engine.composing.constraints.request import plan_of
        from engine.corpus.usage import line_tails

        def on_progress(*_: int) -> None:
            if not self._requests.empty():
                raise CancelledError

        # Whatever goes wrong here goes wrong again where somebody asks for a poem, and is said there.
        with contextlib.suppress(Exception):
            loaded = self._model(model)
            # PyTorch packs weights beside Python, which reads tables.
            packing = threading.Thread(target=loaded.model.pack)
            packing.start()
            plan_of(WARM_UP_POEM, loaded.vocabulary)
            line_tails(loaded.vocabulary)
            packing.join()
            if self._requests.empty():
                compose_many(loaded, WARM_UP_POEM, 1, pool_size=1, on_progress=on_progress)

    def carry_out(self, request_id: int, request: AnyRequest) -> None:
        """Carry out one request; whatever becomes of it, it gets a last reply."""
        try:
            HANDLERS[type(request)](request, self._call(request_id))
        except CancelledError:
            self.replies.send(request_id, Cancelled())
        except StudioError as error:
            self._reply_error(request_id, error)
        except Exception as error:  # noqa: BLE001 - the client is told, the traceback is in the log, the next request may be well
            traceback.print_exc()
            self._reply_error(
                request_id,
                StudioError(
                    "Composing failed: {error}.", "The log tells more.", error=f"{type(error).__name__}: {error}"
                ),
            )
        finally:
            self._open.discard(request_id)
            self._cancelled.discard(request_id)

    def _call(self, request_id: int) -> Call:
        return Call(
            reply=functools.partial(self.replies.send, request_id),
            is_cancelled=lambda: request_id in self._cancelled,
            find=self._model,
        )

    def _model(self, name: str | None) -> "LoadedModel":
        """A model by name or folder, from memory when it was one of the last used and its file has not changed."""
        from engine.model.checkpoint import load_model
        from engine.model.devices import choose_device

        folder = find_model(name).resolve()
        weights = folder / WEIGHTS
        key = (folder, weights.stat().st_mtime_ns if weights.exists() else 0)
        loaded = self._models.pop(key, None) or load_model(folder, choose_device("auto"))
        self._models[key] = loaded
        while len(self._models) > MAX_MODELS:
            del self._models[next(iter(self._models))]
        return loaded

    def _reply_error(self, request_id: int, error: StudioError) -> None:
        self.replies.send(request_id, Failure.of(error))
