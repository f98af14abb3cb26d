"""An input made fit to be kept: with a key, and without what no database stores."""

from attrs import evolve

from govline.core import Input, individual_number

__all__ = ["storable"]


def storable(given: Input, key: str) -> Input:
    """The input with a key where it has none, and with unpaired surrogates replaced.

    Raises:
        IndividualNumberRefused: The text holds a 個人番号. The webhook refuses it before; this is for every other caller.
    """
    individual_number.guard(given.text)
    place = given.place
    spoken = (given.text, given.data, given.content_id, *((place.title, place.address) if place else ()))
    if given.key and all(map(_fits, spoken)):
        return given
    if place is not None:
        place = evolve(place, title=_fit(place.title), address=_fit(place.address))
    return evolve(
        given,
        text=_fit(given.text),
        data=_fit(given.data),
        content_id=_fit(given.content_id),
        place=place,
        key=given.key or key,
    )


def _fits(text: str) -> bool:
    return text.isascii() or _fit(text) == text


def _fit(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
