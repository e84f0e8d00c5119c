"""The services that the app hands to each screen, so that no screen knows the app."""

from dataclasses import dataclass

from poetry_tui.engine_client.client import EngineClient
from poetry_tui.preferences.settings import SettingsStore
from poetry_tui.terminal.input_gate import InputGate


@dataclass(slots=True)
class Services:
    """Shared by every screen.

    `engine`: the client of the composing service, which starts when a screen first needs it. `settings`: the user's settings,
    in memory and on disk. `input_gate`: holds keys back while an earlier one is handled; tells whether one was typed blind.
    """

    engine: EngineClient
    settings: SettingsStore
    input_gate: InputGate
