"""The studio's two themes: dark ink on paper, and light on ink; the accent is the cinnabar of a seal.

All text has a contrast of at least 4.5 : 1 with its background.
"""

from textual.theme import Theme

INK = "studio-ink"
PAPER = "studio-paper"
# Value of the setting `theme`: choose by the terminal's background.
AUTO = "auto"
# For `Content`, in which `$text-muted` (relative to the background) would be plain black or white.
FAINT = "$foreground 75%"

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
            "text-muted": "auto 65%",
            "text-disabled": "auto 56%",
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
        primary="#9c372a",
        secondary="#566a67",
        accent="#9c372a",
        foreground="#2a2622",
        background="#f8f5ee",
        surface="#f2ede2",
        panel="#ddd5c5",
        success="#476f41",
        warning="#87600d",
        error="#b03030",
        dark=False,
        variables={
            "block-cursor-text-style": "none",
            "text-muted": "auto 65%",
            "text-disabled": "auto 56%",
            "border": "#9c372a",
            "border-blurred": "#ddd5c5",
            "scrollbar": "#ddd5c5",
            "scrollbar-hover": "#c9bfab",
            "scrollbar-active": "#c9bfab",
            "scrollbar-background": "#f8f5ee",
            "scrollbar-background-hover": "#f8f5ee",
            "scrollbar-background-active": "#f8f5ee",
            "scrollbar-corner-color": "#f8f5ee",
            "footer-background": "#f8f5ee",
            "footer-description-foreground": "#6b6459",
            "footer-key-foreground": "#9c372a",
            "input-selection-background": "#9c372a 25%",
        },
    ),
)
