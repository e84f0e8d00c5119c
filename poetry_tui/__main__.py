"""`python -m poetry_tui` is `poetry-tui`."""

import sys

from poetry_tui.commands.cli import main

if __name__ == "__main__":
    sys.exit(main())
