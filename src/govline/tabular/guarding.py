"""Text that a spreadsheet would run as a formula, made harmless in CSV and brought back: `=1+1` is written `'=1+1`.

Source: OWASP, CSV Injection: cells that begin with = + - @ tab or return, and their full-width forms.
"""

import re
from typing import Final

__all__ = ["guard", "unguard"]

_RISKY: Final = "=+-@\t\r\n＝＋－＠"
_GUARDED: Final = re.compile(f"'+[{re.escape(_RISKY)}]")
_FIRST: Final = frozenset(_RISKY)


def guard(text: str) -> str:
    """The text with an apostrophe in front where it, or a text already guarded, would otherwise be run or unguarded."""
    if text and (text[0] in _FIRST or (text[0] == "'" and _GUARDED.match(text))):
        return f"'{text}"
    return text


def unguard(text: str) -> str:
    """What `guard` was given: one apostrophe before a formula sign goes."""
    return text[1:] if text[:1] == "'" and _GUARDED.match(text) else text
