"""What a call refuses with, as a value."""

from collections.abc import Callable

from govline.errors import GovlineError

__all__ = ["refusal"]


def refusal(call: Callable[[], object]) -> str:
    """The code of the GovlineError that the call raises, or "" when it raises none."""
    try:
        call()
    except GovlineError as error:
        return error.code
    return ""
