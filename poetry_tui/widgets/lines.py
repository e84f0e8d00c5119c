"""Rows of text in a pane that scrolls."""

from textual.content import Content
from textual.widgets import Static


class Lines(Static):
    """As high as it has rows, none of which is wrapped; or a sentence, which is.

    Its height is told, not `auto`: an automatic height that Textual measures between two updates is not measured again,
    and the pane would scroll over rows that are no longer there.
    """

    DEFAULT_CSS = """
    Lines { width: 1fr; height: auto; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show(self, text: Content) -> None:
        """Show these rows in place of those before."""
        self.styles.text_wrap = "nowrap"
        self.styles.height = text.plain.count("\n") + 1
        self.update(text, layout=False)

    def say(self, sentence: str) -> None:
        """Show that there are no rows yet."""
        self.styles.text_wrap = "wrap"
        self.styles.height = "auto"
        self.update(Content.styled(sentence, "dim"))
