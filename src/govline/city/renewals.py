"""What a town renews outside of govline, so that somebody is told in time: certificates, revocation lists, tables, tokens.

Files are read when they are asked: one that was renewed counts without a restart.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol, TypeVar

from attrs import field, frozen

from govline.core import Expiry, frozen_tuple
from govline.core.jst import to_jst
from govline.errors import FileError, GovlineError

__all__ = ["CertificateFile", "CrlFile", "Expiring", "HolidayFile", "JpkiFiles", "Renewal"]

_NOTICE: Final = timedelta(days=45)
_NEVER: Final = datetime(9999, 12, 30, tzinfo=UTC)
"""X.509 says 9999-12-31 for what never ends (RFC 5280, 4.1.2.5); in Japan that would be the year 10000."""
T = TypeVar("T")


class Expiring(Protocol):
    """Whatever knows when it ends: one of these, `TrustAnchors`, `HolidayCalendar`, or a value of yours."""

    def expiries(self) -> Sequence[Expiry]:
        """What runs out, near or far."""
        ...


@frozen
class Renewal:
    """Something whose last day only the town knows: a channel access token, a LIFF app's endpoint, a contract.

    Args:
        what: In words for staff.
        last_day: The last day for which it is good.
        remedy: What staff do before then.
        notice: How long before they are told.
    """

    what: str
    last_day: date
    remedy: str = "更新して city.yaml の expiries を直す"
    notice: timedelta = _NOTICE

    def expiries(self) -> list[Expiry]:
        """Itself."""
        return [Expiry(self.what, self.last_day, self.remedy, self.notice)]


@frozen
class CertificateFile:
    """A file of one or several X.509 certificates (TLS of the web server or a proxy), DER or PEM; the first to end counts."""

    path: Path
    what: str = ""
    remedy: str = "証明書を更新する"
    notice: timedelta = _NOTICE

    def expiries(self) -> list[Expiry]:
        """The last whole day in Japan.

        Raises:
            FileError: GL-9018, the file cannot be read.
        """
        from cryptography import x509

        def read(data: bytes) -> datetime:
            pem = b"-----BEGIN" in data  # words may stand before it
            found = x509.load_pem_x509_certificates(data) if pem else [x509.load_der_x509_certificate(data)]
            return min(each.not_valid_after_utc for each in found)

        last = _last_whole_day(_read(self.path, read))
        return [Expiry(self.what or f"証明書({self.path.name})", last, self.remedy, self.notice)]


@frozen
class CrlFile:
    """A revocation list (CRL), DER or PEM: behind its nextUpdate nothing that was checked against it is good."""

    path: Path
    what: str = ""
    remedy: str = "新しい失効リストを取り寄せる"
    notice: timedelta = timedelta(0)

    def expiries(self) -> list[Expiry]:
        """The day of nextUpdate in Japan; told on that day, because lists are made anew every day or so.

        Raises:
            FileError: GL-9018, the file cannot be read, or names no nextUpdate.
        """
        from cryptography import x509

        def read(data: bytes) -> datetime:
            pem = b"-----BEGIN" in data  # words may stand before it
            ends = (x509.load_pem_x509_crl if pem else x509.load_der_x509_crl)(data).next_update_utc
            if ends is None:
                raise ValueError("no nextUpdate")
            return ends

        last = to_jst(min(_read(self.path, read), _NEVER)).date()
        return [Expiry(self.what or f"失効リスト({self.path.name})", last, self.remedy, self.notice)]


@frozen
class JpkiFiles:
    """The CA certificates of J-LIS that the town believes; see `govline.mynumber.TrustAnchors.production`."""

    paths: tuple[Path, ...] = field(converter=frozen_tuple)

    def expiries(self) -> Sequence[Expiry]:
        """Of each CA, half a year ahead.

        Raises:
            FileError: GL-9018, a file cannot be read, or is none of J-LIS's CAs.
        """
        from govline.mynumber import TrustAnchors

        found: list[Expiry] = []
        for path in self.paths:
            found += _read(path, lambda data: TrustAnchors.production([data])).expiries()
        return found


@frozen
class HolidayFile:
    """The Cabinet Office's file of holidays (syukujitsu.csv) that the town or a tool beside it uses."""

    path: Path

    def expiries(self) -> Sequence[Expiry]:
        """The end of its last year.

        Raises:
            FileError: GL-9018, the file cannot be read.
        """
        from govline.core.holidays import HolidayCalendar

        return _read(self.path, lambda data: HolidayCalendar.official().with_csv(data)).expiries()


def _last_whole_day(ends: datetime) -> date:
    return to_jst(min(ends, _NEVER) + timedelta(seconds=1)).date() - timedelta(days=1)


def _read(path: Path, parse: Callable[[bytes], T]) -> T:
    try:
        return parse(path.read_bytes())
    except (OSError, ValueError, GovlineError) as error:
        why = error.message if isinstance(error, GovlineError) else type(error).__name__
        raise FileError(
            f"a file whose end is watched cannot be read: {why}",
            code="GL-9018",
            hint="correct or remove it under expiries: of city.yaml",
            place={"file": str(path)},
        ) from None
