"""What one part of the studio tells another; the app passes it on."""

from textual.message import Message

from poetry_tui.engine_client.client import EngineState


class EngineChanged(Message):
    """The engine service starts, is ready, died, was given up."""

    def __init__(self, state: EngineState) -> None:
        super().__init__()
        self.state = state


class ModelWanted(Message):
    """Somebody wants to compose with a model: its name, or the folder of a model or a run."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.model = model


class CopyWanted(Message):
    """Somebody wants a text in the clipboard, and to be told how it got there."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
