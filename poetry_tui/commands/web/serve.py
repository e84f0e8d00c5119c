"""`poetry-tui serve`: serve the studio to a browser through textual-serve."""

import argparse
import importlib.util

from engine.system.errors import INTERRUPTED, StudioError, UsageError
from engine.system.names import LOOPBACK, is_loopback
from poetry_tui.commands.output import Commands, command, print_note

DEFAULT_PORT = 8000


def add_parser(commands: Commands) -> None:
    parser = command(commands, "serve", _serve, "serve the studio to a browser, a session of its own for each tab")
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        help="address to listen on; everybody who reaches it uses the studio with your files (default: this machine alone)",
    )
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="TCP port (default: %(default)s)")


def _serve(options: argparse.Namespace) -> int:
    if importlib.util.find_spec("textual_serve") is None:
        raise StudioError(
            "The web view needs the package textual-serve.",
            'Install it: pip install "poetry-tui[web]" or textual-serve.',
        )
    if not 0 < options.port < 1 << 16:
        raise UsageError("There is no port {number}.", "Ports go from 1 to 65535.", number=options.port)
    if not options.host.strip():
        raise UsageError("There is no address to listen on.", "Leave out --host, or give an address.")
    if not is_loopback(options.host):
        print_note("The web view asks for no password: everybody who reaches it can read and write your files.")
    from poetry_tui.commands.web.server import WebServer

    try:
        WebServer(options.host, options.port).serve()
    except OSError as error:
        hint = "Choose another with --port or --host."
        address = f"{options.host}:{options.port}"
        raise StudioError("{address} cannot be served: {error}.", hint, address=address, error=error) from error
    return INTERRUPTED
