"""The help of the focused field, at the lower edge of a form: the text that a mouse gets as a tooltip."""

from textual.content import Content, ContentType
from textual.widget import Widget


class FocusHelp(Widget):
    """Shows the tooltip of the focused widget, or of what is around it within `fields`; has the class `-shown` where there is one."""

    DEFAULT_CSS = """
    FocusHelp { dock: bottom; width: 1fr; color: $text-muted; background: $background; }
    """

    def __init__(self, fields: Widget) -> None:
        super().__init__()
        self._fields = fields

    def on_mount(self) -> None:
        self.watch(self.screen, "focused", self._follow)

    def _follow(self) -> None:
        self.set_class(bool(self._tip), "-shown")
        self.refresh()
        self.call_after_refresh(self._uncover)

    def _uncover(self) -> None:
        """Scroll the focused widget out from below the help: Textual takes what is below a docked widget for visible."""
        focused, form = self.screen.focused, self.parent
        if not self.region or focused is None or focused.styles.overlay == "screen" or not isinstance(form, Widget):
            return
        if form in focused.ancestors and (covered := focused.region.bottom - self.region.y) > 0:
            form.scroll_relative(y=covered, animate=False)

    @property
    def _tip(self) -> ContentType:
        focused = self.screen.focused
        around = [] if focused is None else list(focused.ancestors_with_self)
        if self._fields not in around:
            return ""
        tips = (node.tooltip for node in around[: around.index(self._fields)] if isinstance(node, Widget))
        return next((tip for tip in tips if isinstance(tip, str | Content)), "")

    def render(self) -> Content:
        tip = self._tip
        return tip if isinstance(tip, Content) else Content(tip)
