"""Words about the engine service: what it is doing, what to do when it does not."""

TRANSLATIONS: dict[str, tuple[str, str]] = {
    "engine.starting": ("引擎启动中…", "engine is starting…"),
    "engine.loading": ("模型加载中…", "model is loading…"),
    "engine.restarting": ("引擎重启中…", "engine is restarting…"),
    "engine.no_model": ("没有模型", "no model"),
    "engine.failed": ("引擎一再停止，已放弃重启。", "The engine died again and again, and was given up."),
    "engine.failed_short": ("引擎停了", "engine stopped"),
    "engine.failed_no_log": (
        "按 ⏎ 再试一次；原因不明，{log} 写不了。",
        "Press enter to try once more. Why is not known: {log} cannot be written.",
    ),
    "engine.failed_hint": ("按 ⏎ 再试一次；原因见 {log}。", "Press enter to try once more; {log} says why."),
    "engine.lost": ("引擎意外停止，正在重启。", "The engine died, and is being started again."),
    "engine.lost_hint": ("你的诗都在；稍后再按 ⏎。", "Your poems are safe: press enter again in a moment."),
    "engine.back": ("引擎回来了。", "The engine is back."),
}
