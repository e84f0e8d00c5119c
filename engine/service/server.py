"""The composing service: requests on stdin, replies on stdout, one JSON object a line; stderr is narration.

Requests carry a positive `id` that the client chooses:

    {"id": 1, "op": "load", "model": null}              null: the studio's own model; else a name or a folder
    {"id": 2, "op": "compose", "model": null, "config": {fields of ComposeConfig}, "n_alternatives": 10}
    {"id": 3, "op": "candidates", "model": null, "config": {…}, "n": 5}
    {"id": 4, "op": "cancel", "target": 3}
    {"id": 5, "op": "shutdown"}

and those of the other modules in `engine.service.handlers`. Replies name the request that they answer; the last one to each of
these is `loaded`, `poem`, `done`, `cancelled` or `error`:

    {"id": 0, "reply": "hello", "protocol": 1, "pid": 123}      before torch is loaded
    {"id": 1, "reply": "loaded", "model", "device", "cell", "n_params", "vocab_size"}
    {"id": 2, "reply": "glyph", "index", "character", "probability", "surprise_nats", "given", "line", "position",
        "allowed_probability", "alternatives": [[character, probability, probability among what is allowed], …]}
    {"id": 2, "reply": "poem", …fields of Composition.to_dict()}
    {"id": 3, "reply": "candidate", "rank", …fields of Composition.to_dict()}       best first
    {"id": 3, "reply": "done", "n"}
    {"id": 2, "reply": "cancelled"}
    {"id": 2, "reply": "error", "message", "hint"}              id 0 where the request has none that can be read

One thread reads, so that a cancellation is heard at once; another carries out the requests, one after the other. The
end of stdin means that whoever asked is gone, and ends the process at once.
"""

import functools
import json
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from engine.errors import StudioError, UsageError
from engine.files import parse_json
from engine.model.metadata import WEIGHTS
from engine.model.registry import find_model
from engine.service.call import Call, CancelledError, Request, is_count
from engine.service.handlers.candidates import candidates
from engine.service.handlers.compose import compose
from engine.service.handlers.inspect import inspect
from engine.service.handlers.load import load
from engine.service.handlers.novelty import novelty
from engine.system.interruption import POLITE
from engine.system.safe_text import printable, shown

if TYPE_CHECKING:
    from engine.model.checkpoint import LoadedModel

PROTOCOL = 1
LONGEST_REQUEST_BYTES = 1 << 20
N_MODELS_KEPT = 2

# What the worker can do; each answers its call with a last word of its own.
OPERATIONS: Mapping[str, Callable[[Call], None]] = {
    "load": load,
    "compose": compose,
    "candidates": candidates,
    "inspect": inspect,
    "novelty": novelty,
}


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
    service.reply(0, "hello", protocol=PROTOCOL, pid=os.getpid())
    threading.Thread(target=service.work, name="composer", daemon=True).start()
    service.read(sys.stdin.buffer)
    # The worker may be in the middle of a poem that nobody waits for: leave without asking it.
    os._exit(0)


class Service:
    """Requests go in by `read`, are carried out by `work`, and answered by `reply`."""

    def __init__(self, replies: BinaryIO) -> None:
        self._replies = replies
        self._reply_lock = threading.Lock()
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        # Ids of the requests that have no last word yet, and those of them that were cancelled.
        self._open: set[int] = set()
        self._cancelled: set[int] = set()
        self._models: dict[tuple[Path, int], LoadedModel] = {}

    def read(self, requests: BinaryIO) -> None:
        """Take requests until there are no more, or one says `shutdown`."""
        while line := requests.readline(LONGEST_REQUEST_BYTES):
            if not line.endswith(b"\n") and len(line) == LONGEST_REQUEST_BYTES:
                while line and not line.endswith(b"\n"):
                    line = requests.readline(LONGEST_REQUEST_BYTES)
                self._complain(0, UsageError("A request is longer than a mebibyte.", "Send one object a line."))
                continue
            if not line.strip():
                continue
            try:
                request = _parse(line)
            except UsageError as error:
                self._complain(_id_of(line), error)
                continue
            if request["op"] == "shutdown":
                return
            if request["op"] == "cancel":
                self._cancelled |= self._open & {request["target"]}
            else:
                self._open.add(request["id"])
                self._requests.put(request)

    def work(self) -> NoReturn:
        """Carry out requests for ever; nothing that goes wrong with one of them ends the service."""
        # Loading torch takes a second or two: begin before the first poem is wanted.
        from engine.model.devices import use_threads

        # Composing reads each weight once a character: a second thread hardly helps, and waiting for it takes ten
        # times as long as working when a training keeps the processor busy.
        use_threads(1)
        while True:
            self.carry_out(self._requests.get())

    def carry_out(self, request: Request) -> None:
        """Carry out one request; whatever becomes of it, it gets a last word."""
        request_id = request["id"]
        try:
            OPERATIONS[request["op"]](self._call(request))
        except CancelledError:
            self.reply(request_id, "cancelled")
        except StudioError as error:
            self._complain(request_id, error)
        except Exception as error:  # noqa: BLE001 - the client is told, the traceback is in the log, the next request may be well
            traceback.print_exc()
            self._complain(
                request_id,
                StudioError(f"Composing failed: {type(error).__name__}: {error}.", "The log tells more."),
            )
        finally:
            self._open.discard(request_id)
            self._cancelled.discard(request_id)

    def _call(self, request: Request) -> Call:
        request_id = request["id"]
        return Call(
            request,
            reply=functools.partial(self.reply, request_id),
            is_cancelled=lambda: request_id in self._cancelled,
            load=self._model,
        )

    def _model(self, name: str | None) -> "LoadedModel":
        """A model by name or folder, from memory when it was one of the last used and its file has not changed."""
        from engine.model.checkpoint import load_model
        from engine.model.devices import choose_device

        if name is not None and not isinstance(name, str):
            raise UsageError(f"A model is named by a text, not by {shown(name)}.", "Send a name, a folder or null.")
        folder = find_model(name).resolve()
        weights = folder / WEIGHTS
        key = (folder, weights.stat().st_mtime_ns if weights.exists() else 0)
        loaded = self._models.pop(key, None) or load_model(folder, choose_device("auto"))
        self._models[key] = loaded
        while len(self._models) > N_MODELS_KEPT:
            del self._models[next(iter(self._models))]
        return loaded

    def _complain(self, request_id: int, error: StudioError) -> None:
        self.reply(request_id, "error", message=printable(error.message), hint=printable(error.hint))

    def reply(self, request_id: int, kind: str, **fields: object) -> None:
        """Send one reply, whole, whichever thread it comes from."""
        line = json.dumps({"id": request_id, "reply": kind, **fields}, ensure_ascii=False, allow_nan=False)
        with self._reply_lock:
            try:
                self._replies.write(line.encode("utf-8", errors="replace") + b"\n")
                self._replies.flush()
            except OSError:
                os._exit(0)  # nobody listens any more


def _parse(line: bytes) -> Request:
    """A request whose `id` and `op` can be relied on. Raises UsageError."""
    try:
        request = parse_json(line)
    except ValueError as error:
        raise UsageError(f"A request cannot be read: {error}.", "Send one object a line.") from error
    if not isinstance(request, dict) or not is_count(request.get("id")) or request["id"] < 1:
        raise UsageError("A request is an object with a positive whole number as its id.", "Send one object a line.")
    known = (*OPERATIONS, "cancel", "shutdown")
    if request.get("op") not in known:
        raise UsageError(
            f"There is no operation {shown(request.get('op'))}.", f"The operations are: {', '.join(known)}."
        )
    if request["op"] == "cancel" and not is_count(request.get("target")):
        raise UsageError("A cancellation names no target.", "Send the id of the request to cancel as its target.")
    return request


def _id_of(line: bytes) -> int:
    """The id of a request that is wrong otherwise, or 0."""
    try:
        request = parse_json(line)
    except ValueError:
        return 0
    return request["id"] if isinstance(request, dict) and is_count(request.get("id")) else 0
