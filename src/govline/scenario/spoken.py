"""An input made fit to be kept: with a key, and without what no database stores."""

from attrs import evolve

from govline.core import Input

__all__ = ["storable"]


def storable(given: Input, key: str) -> Input:
    """The input with a key where it has none, and with unpaired surrogates replaced."""
    place = given.place
    if place is not None:
        place = evolve(place, title=_paired(place.title), address=_paired(place.address))
    fit = evolve(
        given,
        text=_paired(given.text),
        data=_paired(given.data),
        content_id=_paired(given.content_id),
        place=place,
        key=given.key or key,
    )
    return given if fit == given else fit


def _paired(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
