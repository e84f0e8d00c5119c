"""`poetry-tui report`: write the experiment report on one or several runs."""

import argparse
from pathlib import Path

from engine.system.errors import RunError
from engine.system.names import path_of
from poetry_tui.commands.output import Commands, command, print_note
from poetry_tui.preferences.i18n import LANGUAGES, set_language
from poetry_tui.tracking.report.history import read_history
from poetry_tui.tracking.report.write import HTML, default_name, write_report
from poetry_tui.tracking.summary import find_run


def add_parser(commands: Commands) -> None:
    parser = command(
        commands, "report", _report, "write a report on runs: curves, settings, samples, as Markdown and HTML"
    )
    parser.add_argument("runs", metavar="RUN", nargs="+", help="a run by name or folder; several are compared")
    parser.add_argument(
        "-o", dest="folder", type=path_of, metavar="DIR", help="the folder of the report (default: report-RUN)"
    )
    add_language_flag(parser)


def add_language_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=LANGUAGES, help="the report's language (default: the studio's)")


def set_report_language(options: argparse.Namespace) -> None:
    """Set the language given by `--language`, else the studio's."""
    # Imported here because the settings import the themes, and these Textual.
    from poetry_tui.preferences.settings import language_of, load_settings, settings_file

    set_language(options.language or language_of(load_settings(settings_file())))


def _report(options: argparse.Namespace) -> None:
    runs = [find_run(name) for name in options.runs]
    set_report_language(options)
    folder: Path = options.folder or Path(default_name([run.folder.resolve().name for run in runs]))
    histories = []
    for run in runs:
        try:
            histories.append(read_history(run.folder))
        except OSError as error:
            raise RunError(
                "The run {name} cannot be read: {error}.",
                "Check {path}.",
                name=run.id,
                error=error,
                path=run.folder,
            ) from error
    try:
        write_report(histories, folder.expanduser().absolute())
    except OSError as error:
        raise RunError("The report cannot be written: {error}.", "Name another folder with -o.", error=error) from error
    print_note("Open {path} in a browser; the same in Markdown lies beside it.", path=folder / HTML)
    print(folder)
