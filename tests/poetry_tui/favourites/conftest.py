"""Four poems on the shelf."""

import pytest

from poetry_tui.favourites.store import Favourite, FavouriteStore
from tests.poetry_tui.favourites.shelf import FIRST_KEPT_S, POEMS


@pytest.fixture
def kept(no_engine: None) -> FavouriteStore:
    store = FavouriteStore()
    for number, text in enumerate(POEMS):
        made = {"begin": text[0], "temperature": 0.8, "top_p": 0.9, "seed": 7 + number, "max_chars": 128}
        when_s = FIRST_KEPT_S + number * 86_400
        tags = ("江", "秋") if number < 2 else ()
        title, note = ("钱塘湖春行", "给小红") if number == 3 else ("", "")
        store.add(
            Favourite(0, text, text[0], "studio-lstm", 7 + number, made, -3.1 * len(text), when_s, title, tags, note)
        )
    return store
