"""The server of the web view: textual-serve's, with our page; it refuses requests from other pages."""

import asyncio
import logging
import shlex
import subprocess
import sys
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from textual_serve.server import Server

from engine.system.names import is_loopback
from poetry_tui.commands.output import print_note

STUDIO = [sys.executable, "-P", "-m", "poetry_tui"]


class WebServer(Server):
    """Serves a studio in its own process to every tab that opens the page."""

    def __init__(self, host: str, port: int) -> None:
        # Quoted, because textual-serve runs the command in the system's shell.
        command = subprocess.list2cmdline(STUDIO) if sys.platform == "win32" else shlex.join(STUDIO)
        templates = Path(__file__).parent
        super().__init__(command, host, port, title="Poetry Studio 詩", templates_path=templates)
        self._sessions: set[asyncio.Task[None]] = set()

    def initialize_logging(self) -> None:
        """Write warnings to stderr; textual-serve would report every request on stdout."""
        logging.basicConfig(level=logging.WARNING)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._refuse_others)
        return app

    @web.middleware
    async def _refuse_others(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer only requests of our own page; raises HTTPForbidden for others.

        Any web page may open a socket to this machine (detected by Origin), or resolve its own name to it (detected by Host).
        """
        origin = request.headers.get("Origin", "").partition("://")[2]
        name = request.host.rpartition(":")[0] or request.host
        if (origin and origin != request.host) or (is_loopback(self.host) and not is_loopback(name)):
            raise web.HTTPForbidden(text="The studio answers its own page only.")
        return await handler(request)

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, with addresses that use the host name of the request."""
        self.public_url = f"{request.scheme}://{request.host}"
        page: web.Response = await super().handle_index(request)  # type: ignore[assignment]
        return page

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Run a studio for as long as the tab is open."""
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        try:
            return await super().handle_websocket(request)
        finally:
            self._sessions.discard(task)

    async def on_startup(self, app: web.Application) -> None:
        print(f"http://{self.host}:{self.port}", flush=True)
        print_note("Open this address in a browser; Ctrl-C ends the web view and its studios.")

    async def on_shutdown(self, app: web.Application) -> None:
        """End the studios; otherwise the server would wait a minute for their tabs to close."""
        for session in self._sessions:
            session.cancel()
