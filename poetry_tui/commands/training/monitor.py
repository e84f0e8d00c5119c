"""`poetry-tui monitor`: open the studio on a run."""

import argparse

from engine.system.errors import RunError
from poetry_tui.commands.output import Commands, command
from poetry_tui.commands.studio import open_studio
from poetry_tui.tracking.summary import find_run, list_runs


def add_parser(commands: Commands) -> None:
    parser = command(commands, "monitor", _monitor, "open the studio on a run, live or finished")
    parser.add_argument("run", metavar="RUN", nargs="?", help="a run by name or folder (default: the newest live one)")


def _monitor(options: argparse.Namespace) -> int:
    if options.run is not None:
        return open_studio(find_run(options.run).folder.resolve())
    runs = list_runs()
    if not runs:
        raise RunError("There is no run yet.", "`poetry-tui train --preset nndl` starts one.")
    live = [run for run in runs if run.status.is_live]
    return open_studio((live or runs)[0].folder)
