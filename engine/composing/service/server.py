"""The composing service: a process that answers requests on stdin with replies on stdout; stderr is a log.

`requests` and `replies` declare the messages. One thread reads, so that a cancellation takes effect immediately; another handles
the requests in order. The end of stdin means that the client is gone; the process then exits immediately.
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
from engine.system.interruption import TERMINATION_SIGNALS
from engine.system.names import brief

if TYPE_CHECKING:
    from engine.model.checkpoint import LoadedModel

# Maximum number of models kept in memory.
MAX_MODELS = 2
# A poem in the default form of the studio.
WARM_UP_POEM = ComposeConfig(form="qijue", seed=1)


def serve() -> NoReturn:
    """Serve the requests on stdin until its end, then exit."""
    # Ctrl-C in the terminal is for the studio, which ends the service by closing stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # SIGTERM and the like end the process immediately: there is nothing to clean up, and a composing thread would delay a handler.
    for number in TERMINATION_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    # Only replies go to the real stdout: output of libraries goes to stderr.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    service = Service(replies)
    service.replies.send(0, Hello(VERSION, os.getpid()))
    threading.Thread(target=service.work, name="composer", daemon=True).start()
    service.read(sys.stdin.buffer)
    # Exit without joining the worker, which may still be composing.
    os._exit(0)


class Service:
    """The service: `read` queues requests, `work` handles them, `replies` sends the answers."""

    def __init__(self, replies: BinaryIO) -> None:
        self.replies = ReplyWriter(replies)
        self._requests: queue.SimpleQueue[tuple[int, AnyRequest]] = queue.SimpleQueue()
        # Ids of the requests without a last reply, and of those among them that were cancelled.
        self._open: set[int] = set()
        self._cancelled: set[int] = set()
        self._models: dict[tuple[Path, int], LoadedModel] = {}

    def read(self, requests: BinaryIO) -> None:
        """Read requests until the end of the stream or a `Shutdown`."""
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
        """Handle requests for ever; an error in one of them does not end the service."""
        # Importing torch takes a second, so it begins before the first request.
        import_torch_to_compose()
        from engine.model.devices import use_threads

        # Composing reads each weight once per character: a second thread hardly helps, and during a training waiting for it takes
        # ten times as long as the computation.
        use_threads(1)
        while True:
            request_id, request = self._requests.get()
            self.carry_out(request_id, request)
            if isinstance(request, LoadModel):
                self.warm_up(request.model)

    def warm_up(self, model: str | None) -> None:
        """Compose an unused poem, so that tables are read and weights packed before the first request; a request aborts it."""
        from engine.composing.composer import compose_many
        from engine.composing.constraints.request import plan_of
        from engine.corpus.usage import line_tails

        def on_progress(*_: int) -> None:
            if not self._requests.empty():
                raise CancelledError

        # An error here will recur in the next request, which reports it.
        with contextlib.suppress(Exception):
            loaded = self._model(model)
            # PyTorch packs the weights in another thread while this one reads the tables.
            packing = threading.Thread(target=loaded.model.pack)
            packing.start()
            plan_of(WARM_UP_POEM, loaded.vocabulary)
            line_tails(loaded.vocabulary)
            packing.join()
            if self._requests.empty():
                compose_many(loaded, WARM_UP_POEM, 1, pool_size=1, on_progress=on_progress)

    def carry_out(self, request_id: int, request: AnyRequest) -> None:
        """Handle one request; it gets a last reply in any case."""
        try:
            HANDLERS[type(request)](request, self._call(request_id))
        except CancelledError:
            self.replies.send(request_id, Cancelled())
        except StudioError as error:
            self._reply_error(request_id, error)
        except Exception as error:  # noqa: BLE001 - reported to the client and the log; the service continues
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
        """A model by name or folder; from memory if it is one of the last `MAX_MODELS` used and its weights file is unchanged."""
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
