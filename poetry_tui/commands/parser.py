"""The command line's parser; a module of its own, because the studio opens without one."""

import argparse
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from engine.commands.flags import refuse_empty_values
from engine.errors import UsageError
from engine.system.safe_text import brief, shown


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose complaints are errors like any other."""

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        refuse_empty_values(self, args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"argument COMMAND: invalid choice: '(.*)' \(choose from (.*)\)", message)
        if unknown:
            known = unknown[2].replace("'", "")
            raise UsageError(f"`{self.prog}` has no command {shown(unknown[1])}.", f"It has: {known}.")
        raise UsageError(f"{brief(message[:1].upper() + message[1:])}.", f"`{self.prog} -h` shows how to use it.")
