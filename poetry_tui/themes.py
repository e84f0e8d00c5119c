"""Two themes of our own: ink on paper, and paper on ink. One accent, the cinnabar of a seal."""

from textual.theme import Theme

INK = "studio-ink"
PAPER = "studio-paper"
# For `Content`, where `$text-muted` (which depends on what lies behind it) comes out as plain black or white.
FAINT = "$foreground 60%"

THEMES = (
    Theme(
        name=INK,
        primary="#d98468",
        secondary="#8fa3a0",
        accent="#e0866a",
        foreground="#ddd6c8",
        background="#15171a",
        surface="#1b1e22",
        panel="#2b3036",
        success="#8fae86",
        warning="#d9b36c",
        error="#d96b6b",
        dark=True,
        variables={
            "block-cursor-text-style": "none",
            "border": "#c8755b",
            "border-blurred": "#2b3036",
            "scrollbar": "#2b3036",
            "scrollbar-hover": "#3d444c",
            "scrollbar-active": "#3d444c",
            "scrollbar-background": "#15171a",
            "scrollbar-background-hover": "#15171a",
            "scrollbar-background-active": "#15171a",
            "scrollbar-corner-color": "#15171a",
            "footer-background": "#15171a",
            "footer-description-foreground": "#8d8a82",
            "footer-key-foreground": "#e0866a",
            "input-selection-background": "#e0866a 35%",
        },
    ),
    Theme(
        name=PAPER,
        primary="#a63d2f",
        secondary="#5c706d",
        accent="#a63d2f",
        foreground="#2a2622",
        background="#f8f5ee",
        surface="#f2ede2",
        panel="#ddd5c5",
        success="#4f7a48",
        warning="#946a10",
        error="#b03030",
        dark=False,
        variables={
            "block-cursor-text-style": "none",
            "border": "#a63d2f",
            "border-blurred": "#ddd5c5",
            "scrollbar": "#ddd5c5",
            "scrollbar-hover": "#c9bfab",
            "scrollbar-active": "#c9bfab",
            "scrollbar-background": "#f8f5ee",
            "scrollbar-background-hover": "#f8f5ee",
            "scrollbar-background-active": "#f8f5ee",
            "scrollbar-corner-color": "#f8f5ee",
            "footer-background": "#f8f5ee",
            "footer-description-foreground": "#7a7266",
            "footer-key-foreground": "#a63d2f",
            "input-selection-background": "#a63d2f 25%",
        },
    ),
)
