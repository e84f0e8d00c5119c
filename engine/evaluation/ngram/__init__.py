"""The baseline for a network's figures: an n-gram model of the same training text."""

from engine.system.errors import UsageError

DEFAULT_ORDER = 5
LOWEST_ORDER, HIGHEST_ORDER = 2, 6


def check_order(order: int) -> None:
    """Raise a UsageError for an unsupported order."""
    if not LOWEST_ORDER <= order <= HIGHEST_ORDER:
        raise UsageError(
            "There is no {order}-gram to count.",
            "--order takes {low} to {high} tokens.",
            order=order,
            low=LOWEST_ORDER,
            high=HIGHEST_ORDER,
        )
