"""Words about copying to a clipboard."""

TRANSLATIONS: dict[str, tuple[str, str]] = {
    "copy.with_tool": ("已复制（{tool}）。", "Copied with {tool}."),
    "copy.tmux_and_on": (
        "已复制到 tmux 的缓冲区（前缀键加 ] 粘贴）；也请终端收进剪贴板，终端可能不收。",
        "Copied to tmux's buffer (prefix ] pastes it), and sent on to the terminal, which may refuse it.",
    ),
    "copy.tmux": (
        "已复制到 tmux 的缓冲区（前缀键加 ] 粘贴）。",
        "Copied to tmux's buffer (prefix ] pastes it).",
    ),
    "copy.osc52": (
        "已发送给终端（OSC 52），终端可能不收。",
        "Sent to the terminal (OSC 52), which may refuse it.",
    ),
    "copy.failed": ("{tools} 没有成功。", "{tools} did not work."),
}
