"""Starts `python -m engine service`, speaks its JSON lines, and starts it again when it dies. Knows no screen.

The service is a child in a session of its own: a Ctrl+C in the terminal is not for it, and nothing that it prints can reach
the screen (its stderr goes to a log file). It ends when its stdin does, so it never outlives the studio.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any

from engine.errors import ComposeError, StudioError
from engine.files import is_file
from engine.system.processes import own_session
from poetry_tui.engine_client.inspection import Inspection, Place, to_inspection
from poetry_tui.engine_client.process import MAX_LINE_BYTES, SERVICE, end, environment, log_file, open_log
from poetry_tui.engine_client.replies import (
    EngineState,
    Glyph,
    Novelty,
    Phase,
    PoemDone,
    to_glyph,
    to_model,
    to_novelty,
    to_poem,
)
from poetry_tui.i18n import tr

PAUSES_BEFORE_RESTART_S = (0.2, 1.0, 3.0)
PATIENCE_AT_CLOSE_S = 1.0
# The last words to a request.
_LAST_WORDS = ("poem", "done", "inspected", "novelty", "cancelled", "error")
_WARMING_UP = (Phase.ASLEEP, Phase.STARTING, Phase.LOADING, Phase.RESTARTING)


class EngineLostError(StudioError):
    """The service died; it is being started again, or has been given up."""


class EngineClient:
    """One service at a time: `start` begins and keeps it alive, `close` ends it; `tell` hears every new state."""

    def __init__(
        self,
        tell: Callable[[EngineState], None],
        *,
        model: str | None = None,
        command: Sequence[str] | None = None,
        pauses_s: Sequence[float] = PAUSES_BEFORE_RESTART_S,
    ) -> None:
        self.state = EngineState(Phase.ASLEEP)
        self.model = model
        self._tell = tell
        self._command = command or SERVICE
        self._pauses_s = pauses_s
        self._process: asyncio.subprocess.Process | None = None
        self._last_id = 0
        self._load_id = 0
        # Replies to a request go to its queue; a reply to a request that nobody waits for any more is dropped.
        self._waiting: dict[int, asyncio.Queue[Mapping[str, Any] | None]] = {}
        self._changed = asyncio.Event()
        self._close_wanted = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the service, unless it runs."""
        if self._running is None or self._running.done():
            # A task of our own: whoever cancels tasks at exit must not tear a child from us that is being born.
            self._running = asyncio.get_running_loop().create_task(self._run(), name="engine client")

    async def _run(self) -> None:
        """Start the service, follow it, start it again when it dies; returns when closed or given up."""
        failures = 0
        while not self._is_closing():
            was_ready = await self._one_life()
            if self._is_closing():
                return
            failures = 1 if was_ready else failures + 1
            if failures > len(self._pauses_s):
                key = "engine.failed_hint" if is_file(log_file()) else "engine.failed_no_log"
                hint = tr(key, log=log_file())
                self._become(EngineState(Phase.FAILED, problem=EngineLostError(tr("engine.failed"), hint)))
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._close_wanted.wait(), self._pauses_s[failures - 1])

    async def compose(
        self, config: Mapping[str, Any], model: str | None = None, n_alternatives: int = 10
    ) -> AsyncGenerator[Glyph | PoemDone, None]:
        """Compose one poem, character by character; waits for a service that warms up.

        `config` holds fields of a ComposeConfig. Leaving the iterator early (close it: `contextlib.aclosing`) cancels the
        composition at once.

        Raises:
            StudioError: when the wishes cannot be met, or the service died.
        """
        replies = self._replies("compose", model=model, config=dict(config), n_alternatives=n_alternatives)
        async with contextlib.aclosing(replies):
            async for reply in replies:
                if reply["reply"] == "glyph":
                    yield to_glyph(reply)
                if reply["reply"] == "poem":
                    yield to_poem(reply)

    async def candidates(self, config: Mapping[str, Any], n: int, model: str | None = None) -> list[PoemDone]:
        """The best `n` of several poems for the same wishes, the best first. Raises StudioError."""
        replies = self._replies("candidates", model=model, config=dict(config), n=n)
        async with contextlib.aclosing(replies):
            return [to_poem(reply) async for reply in replies if reply["reply"] == "candidate"]

    async def inspect(self, place: Place) -> Inspection | None:
        """What the network held while it wrote a character; None when the question was cancelled. Raises StudioError."""
        replies = self._replies("inspect", **place.to_request())
        async with contextlib.aclosing(replies):
            async for reply in replies:
                if reply["reply"] == "inspected":
                    return to_inspection(reply)
        return None

    async def novelty(self, text: str, model: str | None = None) -> Novelty | None:
        """What a poem shares with the training text; None when the question was cancelled. Raises StudioError."""
        replies = self._replies("novelty", model=model, text=text)
        async with contextlib.aclosing(replies):
            async for reply in replies:
                if reply["reply"] == "novelty":
                    return to_novelty(reply)
        return None

    async def _replies(self, op: str, **fields: Any) -> AsyncGenerator[Mapping[str, Any], None]:
        """Ask, and yield every reply; an error is raised, and leaving early cancels."""
        await self._until_ready()
        number, replies = self._ask(op, **fields)
        is_over = False
        try:
            while not is_over:
                reply = await replies.get()
                is_over = reply is None or reply["reply"] in _LAST_WORDS
                if reply is None:
                    raise EngineLostError(tr("engine.lost"), tr("engine.lost_hint"))
                if reply["reply"] == "error":
                    raise ComposeError(str(reply["message"]), str(reply.get("hint", "")))
                yield reply
        finally:
            del self._waiting[number]
            if not is_over:
                self._send({"id": self._next_id(), "op": "cancel", "target": number})

    def load(self, model: str | None) -> None:
        """Change the model; the state says when it is there."""
        self.model = model
        if self._process is not None:
            self._load()

    async def close(self) -> None:
        """End the service, now; it holds nothing that could be lost."""
        self._close_wanted.set()
        if self._running is None:
            return
        if self._process is not None:
            end(self._process)
        done, _ = await asyncio.wait({self._running}, timeout=PATIENCE_AT_CLOSE_S)
        if not done and self._process is not None:
            end(self._process, at_once=True)
        await self._running

    async def _one_life(self) -> bool:
        """From the service's start to its end; says whether it was ready in between."""
        was_ready = False
        self._become(EngineState(Phase.STARTING, problem=self.state.problem))
        with open_log() as log:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                    env=environment(),
                    **own_session(),
                    limit=MAX_LINE_BYTES,
                )
            except OSError as error:
                print(f"the engine service cannot be started: {error}", file=log, flush=True)
                return False
        self._process = process
        assert process.stdout is not None
        if self._is_closing():
            end(process)
        try:
            self._load()
            while line := await process.stdout.readline():
                self._take(line)
                was_ready = was_ready or self.state.phase is Phase.READY
        except ValueError:
            # A line without an end: whatever speaks there is not the service, or no longer in its senses.
            pass
        finally:
            self._process = None
            # Before anyone hears of the loss and asks anew: a new wish must wait for the next life.
            lost = EngineLostError(tr("engine.lost"), tr("engine.lost_hint"))
            if not self._is_closing():
                self._become(EngineState(Phase.RESTARTING, problem=lost))
            for replies in self._waiting.values():
                replies.put_nowait(None)
            end(process, at_once=not self._is_closing())
        await process.wait()
        # What was left unread would keep the pipe open; asyncio has no public way to close it.
        process._transport.close()  # type: ignore[attr-defined]
        return was_ready

    def _take(self, line: bytes) -> None:
        """One line of the service. What is no reply (a library that prints) is passed over."""
        try:
            reply = json.loads(line)
            number = reply["id"]
            if number == self._load_id:
                self._take_loaded(reply)
            elif number in self._waiting:
                self._waiting[number].put_nowait(reply)
        except (ValueError, KeyError, TypeError):
            return

    def _take_loaded(self, reply: Mapping[str, Any]) -> None:
        if reply["reply"] == "loaded":
            self._become(EngineState(Phase.READY, to_model(reply)))
        elif reply["reply"] == "error":
            problem = StudioError(str(reply["message"]), str(reply.get("hint", "")))
            self._become(EngineState(Phase.NO_MODEL, problem=problem))

    def _load(self) -> None:
        self._load_id = self._next_id()
        self._become(EngineState(Phase.LOADING, problem=self.state.problem))
        self._send({"id": self._load_id, "op": "load", "model": self.model})

    def _is_closing(self) -> bool:
        return self._close_wanted.is_set()

    async def _until_ready(self) -> None:
        while self.state.phase in _WARMING_UP:
            await self._changed.wait()
        if self.state.problem is not None:
            raise self.state.problem

    def _become(self, state: EngineState) -> None:
        self.state = state
        self._changed.set()
        self._changed = asyncio.Event()
        self._tell(state)

    def _ask(self, op: str, **fields: Any) -> tuple[int, "asyncio.Queue[Mapping[str, Any] | None]"]:
        number = self._next_id()
        replies: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        self._waiting[number] = replies
        self._send({"id": number, "op": op, **fields})
        return number, replies

    def _send(self, request: Mapping[str, Any]) -> None:
        """Hand a request to the service; one that is dying says so through its stdout, not here."""
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(json.dumps(request, ensure_ascii=False).encode() + b"\n")

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id
