"""`service`: composes for the studio; see `engine.composing.service.server`."""

import argparse
from typing import Any

from engine.commands.output import new_parser


def add_parser(commands: Any) -> None:
    new_parser(commands, "service", serve, "Compose for the studio: JSON lines on stdin and stdout.")


def serve(_arguments: argparse.Namespace) -> int:
    from engine.composing.service.server import serve

    serve()
