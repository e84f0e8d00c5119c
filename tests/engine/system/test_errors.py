"""Messages: their counts read right for one and for several."""

import pytest

from engine.system.errors import Message
from poetry_tui.preferences.i18n import in_language, tr


@pytest.mark.parametrize(("n", "said"), [(0, "0 poems were"), (1, "1 poem was"), (9_600, "9,600 poems were")])
def test_a_message_counts_in_the_singular_and_the_plural(n: int, said: str) -> None:
    message = Message("{n:,} {n:poem was|poems were} written.", n=n)
    assert message == f"{said} written."
    assert Message.from_dict(message.to_dict()) == message
    with in_language("en"):
        assert tr("favourites.exported", n=n, path="x") == f"{said} written to x"
    with in_language("zh"):
        assert tr("favourites.exported", n=n, path="x") == f"{n} 首诗已写入 x"
