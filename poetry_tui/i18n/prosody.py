"""Words of the cards for verse: a poem of one's own, the rhyme dictionary."""

TRANSLATIONS: dict[str, tuple[str, str]] = {
    "own.title": ("自作诗", "Your own poem"),
    "own.nothing": (
        "在此打字或粘贴；每句一行，标点可省，《题》可写在前面",
        "Type or paste here, one verse line on each row; marks at will, 《title》 in front",
    ),
    "own.keys": ("Ctrl+S 上台面 · Esc 放下（文字还在）", "Ctrl+S put it on the stage · Esc leave (the text stays)"),
    "rhymes.title": ("韵书", "Rhyme dictionary"),
    "rhymes.look_up": ("打一个字", "type a character"),
    "rhymes.unknown": ("韵书里没有 {character}", "the rhyme book does not have {character}"),
    "rhymes.rare": ("罕用", "rare"),
    "rhymes.keys": (
        "打字查韵 · ↑ ↓ 选部 · ⏎ 押此韵 · Esc",
        "type a character · ↑ ↓ choose a group · ⏎ rhyme in it · Esc",
    ),
}
