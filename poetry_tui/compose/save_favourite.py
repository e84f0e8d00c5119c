"""Save a composition as a favourite."""

from poetry_tui.compose.session.state import Composition
from poetry_tui.favourites import OWN


def save_favourite(composition: Composition) -> None:
    """Write a poem to the favourites; it waits for the disk, so it belongs in a thread.

    Raises:
        StudioError: when the favourites cannot be written.
    """
    # SQLite is loaded with the first favourite, not before the first paint.
    from poetry_tui.favourites.store import Favourite, FavouriteStore

    made_by = "" if composition.is_own else composition.done.model if composition.done else composition.request.model
    FavouriteStore().add(
        Favourite(
            id=0,
            text=composition.text,
            begin=str(composition.config["begin"]),
            model=made_by or "",
            seed=int(composition.config["seed"]),
            settings={**composition.config, **({OWN: True} if composition.is_own else {})},
            logprob=composition.logprob,
        )
    )
