"""A booking's code as a QR code, for the confirmation and the receipt (extra `qr`)."""

from io import BytesIO
from typing import TYPE_CHECKING

from govline.errors import ConfigError

if TYPE_CHECKING:
    import segno

__all__ = ["png", "svg"]


def svg(text: str, *, scale: int = 6) -> str:
    """A standalone SVG picture, quiet zone included.

    Args:
        text: What is read from it: `Ticket.code`.
        scale: Units a module.

    Raises:
        ConfigError: GL-2054, the extra is not installed.
    """
    drawn: str = _make(text).svg_inline(scale=scale, border=4)
    return drawn


def png(text: str, *, scale: int = 8) -> bytes:
    """The same as PNG bytes."""
    out = BytesIO()
    _make(text).save(out, kind="png", scale=scale, border=4)
    return out.getvalue()


def _make(text: str) -> "segno.QRCode":
    try:
        import segno
    except ModuleNotFoundError:
        raise ConfigError(
            "QR codes need the extra `qr`", code="GL-2054", hint="pip install 'govline[qr]'"
        ) from None
    return segno.make_qr(text, error="m")
