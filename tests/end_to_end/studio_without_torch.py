"""The studio as a program, with the fake service of its tests: nothing that it starts loads PyTorch."""

import sys
from pathlib import Path

from poetry_tui.commands.cli import main
from poetry_tui.engine_client import client

FAKE_SERVICE = Path(__file__).parents[1] / "poetry_tui" / "engine_client" / "fake_service.py"

if __name__ == "__main__":
    vars(client)["SERVICE"] = (sys.executable, "-P", str(FAKE_SERVICE))
    sys.exit(main())
