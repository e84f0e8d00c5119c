"""The client of `python -m engine service`: exchanges JSON lines with it, and restarts it when it dies. Knows no screen.

The service is a child in its own session: Ctrl+C in the terminal does not reach it, and its output does not reach the screen (its
stderr goes to a log file). It ends when its stdin is closed, so it never outlives the studio.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from engine.composing.replies import (
    LAST_REPLIES,
    AnyReply,
    Candidate,
    Failure,
    Inspection,
    LoadedModel,
    Novelty,
    Poem,
    PoemStates,
    Progress,
    Token,
    reply_of_line,
    to_line,
)
from engine.composing.requests import (
    Cancel,
    ComposeCandidates,
    ComposePoem,
    InspectCharacter,
    InspectStates,
    LoadModel,
    MeasureNovelty,
    Request,
)
from engine.system.errors import ComposeError, StudioError
from engine.system.files import is_file
from engine.system.processes import own_session
from poetry_tui.engine_client.service_process import MAX_LINE_BYTES, SERVICE, end, environment, log_file, open_log
from poetry_tui.preferences.i18n import tr


class Phase(StrEnum):
    """The phase of the service.

    `ASLEEP`: not started. `NO_MODEL`: running, but the requested model cannot be loaded. `FAILED`: it died repeatedly, and is not
    restarted any more.
    """

    ASLEEP = "asleep"
    STARTING = "starting"
    LOADING = "loading"
    READY = "ready"
    NO_MODEL = "no_model"
    RESTARTING = "restarting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class EngineState:
    """The state of the service. `problem` is set for NO_MODEL, RESTARTING and FAILED."""

    phase: Phase
    model: LoadedModel | None = None
    problem: StudioError | None = None


R = TypeVar("R", Inspection, PoemStates, Novelty)

PAUSES_BEFORE_RESTART_S = (0.2, 1.0, 3.0)
PATIENCE_AT_CLOSE_S = 1.0
_WARMING_UP = (Phase.ASLEEP, Phase.STARTING, Phase.LOADING, Phase.RESTARTING)


class EngineLostError(StudioError):
    """The service died; it is being restarted, or has failed for good."""


class EngineClient:
    """One service at a time: `start` starts it and keeps it running, `close` ends it; `tell` is called with every new state."""

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
        # The queue of replies by request id; replies to other ids are dropped. None ends a queue: the service died.
        self._waiting: dict[int, asyncio.Queue[AnyReply | None]] = {}
        self._changed = asyncio.Event()
        self._close_wanted = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the service, unless it is running."""
        if self._running is None or self._running.done():
            # A separate task, so that cancelling the caller does not interrupt the start of the child.
            self._running = asyncio.get_running_loop().create_task(self._run(), name="engine client")

    async def _run(self) -> None:
        """Start the service, follow it, and restart it when it dies; returns when closed or failed for good."""
        failures = 0
        while not self._is_closing():
            was_ready = await self._run_once()
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
    ) -> AsyncGenerator[Token | Poem, None]:
        """Compose one poem, character by character; waits until the service is ready.

        `config`: fields of a ComposeConfig. Closing the iterator early (`contextlib.aclosing`) cancels the composition at once.

        Raises:
            StudioError: the constraints cannot be satisfied, or the service died.
        """
        replies = self._replies(ComposePoem(dict(config), model, n_alternatives))
        async with contextlib.aclosing(replies):
            async for reply in replies:
                if isinstance(reply, Token | Poem):
                    yield reply

    async def candidates(
        self,
        config: Mapping[str, Any],
        n: int,
        model: str | None = None,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> list[Candidate]:
        """Compose a pool of poems for one config, and return the best `n`, best first. `on_progress` is called while the pool is
        composed. Raises StudioError."""
        replies = self._replies(ComposeCandidates(dict(config), n, model))
        found: list[Candidate] = []
        async with contextlib.aclosing(replies):
            async for reply in replies:
                if isinstance(reply, Progress):
                    on_progress(reply)
                elif isinstance(reply, Candidate):
                    found.append(reply)
        return found

    async def inspect(self, character: InspectCharacter) -> Inspection | None:
        """Request the gates, states and probabilities at a character; None when the request was cancelled. Raises StudioError."""
        return await self._only(character, Inspection)

    async def states(self, request: InspectStates) -> PoemStates | None:
        """Request the states of a layer over a poem; None when the request was cancelled. Raises StudioError."""
        return await self._only(request, PoemStates)

    async def novelty(self, text: str, model: str | None = None) -> Novelty | None:
        """Request the overlap of a poem with the training text; None when the request was cancelled. Raises StudioError."""
        return await self._only(MeasureNovelty(text, model), Novelty)

    async def _only(self, request: Request, kind: type[R]) -> R | None:
        """Send a request and return its first reply of a kind; None when it was cancelled. Raises StudioError."""
        replies = self._replies(request)
        async with contextlib.aclosing(replies):
            async for reply in replies:
                if isinstance(reply, kind):
                    return reply
        return None

    async def _replies(self, request: Request) -> AsyncGenerator[AnyReply, None]:
        """Send a request and yield every reply. Closing the generator early cancels the request. Raises StudioError."""
        await self._until_ready()
        number = self._next_id()
        replies: asyncio.Queue[AnyReply | None] = asyncio.Queue()
        self._waiting[number] = replies
        self._send(number, request)
        is_over = False
        try:
            while not is_over:
                reply = await replies.get()
                is_over = reply is None or type(reply) in LAST_REPLIES
                if reply is None:
                    raise EngineLostError(tr("engine.lost"), tr("engine.lost_hint"))
                if isinstance(reply, Failure):
                    raise reply.error(ComposeError)
                yield reply
        finally:
            del self._waiting[number]
            if not is_over:
                self._send(self._next_id(), Cancel(number))

    def load(self, model: str | None) -> None:
        """Change the model; when it is loaded, the state becomes READY."""
        self.model = model
        if self._process is not None:
            self._load()

    async def close(self) -> None:
        """End the service at once, since it has nothing to save."""
        self._close_wanted.set()
        if self._running is None:
            return
        if self._process is not None:
            end(self._process)
        done, _ = await asyncio.wait({self._running}, timeout=PATIENCE_AT_CLOSE_S)
        if not done and self._process is not None:
            end(self._process, at_once=True)
        await self._running

    async def _run_once(self) -> bool:
        """Run the service once, from its start to its end. Returns whether it became ready."""
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
            # A line longer than `MAX_LINE_BYTES`: this is not the service, or it is broken.
            pass
        finally:
            self._process = None
            # Change the state before the waiting requests fail, so that a new request waits for the restart.
            lost = EngineLostError(tr("engine.lost"), tr("engine.lost_hint"))
            if not self._is_closing():
                self._become(EngineState(Phase.RESTARTING, problem=lost))
            for replies in self._waiting.values():
                replies.put_nowait(None)
            end(process, at_once=not self._is_closing())
        await process.wait()
        # Unread output would keep the pipe open, and asyncio has no public way to close it.
        process._transport.close()  # type: ignore[attr-defined]
        return was_ready

    def _take(self, line: bytes) -> None:
        """Dispatch one line of the service. A line that is no reply (output of a library) is ignored."""
        try:
            number, reply = reply_of_line(line)
        except ValueError:
            return
        if number in self._waiting:
            self._waiting[number].put_nowait(reply)
        elif number != self._load_id:
            return
        elif isinstance(reply, LoadedModel):
            self._become(EngineState(Phase.READY, reply))
        elif isinstance(reply, Failure):
            self._become(EngineState(Phase.NO_MODEL, problem=reply.error()))

    def _load(self) -> None:
        self._load_id = self._next_id()
        self._become(EngineState(Phase.LOADING, problem=self.state.problem))
        self._send(self._load_id, LoadModel(self.model))

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

    def _send(self, number: int, request: Request) -> None:
        """Write a request; the death of the service is detected on its stdout, not here."""
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(to_line(number, request))

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id
