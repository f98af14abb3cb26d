"""Ports: how features meet without importing each other, and where providers plug in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from attrs import frozen

from govline.core.ids import CitizenId, Id
from govline.core.values import Actor, Json, Reason, Ref

if TYPE_CHECKING:
    from govline.core.transaction import Transaction

__all__ = [
    "BlobPort",
    "ClaimPort",
    "DatabasePort",
    "ProfilePort",
    "SignatureOutcome",
    "SignaturePort",
    "SlotPort",
    "Yen",
]

T = TypeVar("T")
Yen = int


class DatabasePort(Protocol):
    """The part of `govline.store.Database` that features may use."""

    def run(
        self, work: "Callable[[Transaction], T]", *, group: str | None = None, actor: Actor | None = None
    ) -> T:
        """Run a unit of work and commit it; it may run again. `group` names a hot key."""
        ...

    def read(self, work: "Callable[[Transaction], T]") -> T:
        """Run a reading unit on a snapshot."""
        ...


class ClaimPort(Protocol):
    """What is owed: offered by payments, used by calendar, forms and applications."""

    def quote(self, tx: "Transaction", item: str, facts: Mapping[str, Json]) -> Yen:
        """What the item costs under these facts, in yen."""
        ...

    def claim(
        self, tx: "Transaction", item: str, citizen: CitizenId | None, subject: Ref, *, key: str
    ) -> Ref:
        """Make the claim, once per `key`, in the caller's transaction; outcomes come back as events."""
        ...


@frozen
class SignatureOutcome:
    """A signature check as other features see it: never a bare bool, and it says what was not checked."""

    verdict: Literal["valid", "invalid", "indeterminate"]
    reason: str
    not_checked: tuple[str, ...]
    evidence: Ref | None = None


class SignaturePort(Protocol):
    """Checks a signed document: offered by mynumber."""

    def verify(
        self,
        tx: "Transaction",
        document: bytes,
        signature: bytes,
        certificate: bytes,
        *,
        subject: Ref,
        key: str,
    ) -> SignatureOutcome:
        """Check the signature over the document and keep the evidence for `subject`, once per `key`."""
        ...


class SlotPort(Protocol):
    """Takes and frees places: offered by calendar. Refusals come back as reasons."""

    def hold(
        self, tx: "Transaction", slot: Id, citizen: CitizenId | None, *, party: int, key: str
    ) -> Ref | tuple[Reason, ...]:
        """Take `party` places for a while; the booking, or every reason against it."""
        ...

    def release(self, tx: "Transaction", booking: Ref, *, key: str) -> None:
        """Give the places of a booking back."""
        ...


class ProfilePort(Protocol):
    """Reads and writes declared attributes of citizens: offered by segments."""

    def get(self, tx: "Transaction", citizen: CitizenId, attribute: str) -> Json:
        """The citizen's value of a declared attribute; None where there is none."""
        ...

    def get_many(
        self, tx: "Transaction", citizens: Sequence[CitizenId], attributes: Sequence[str]
    ) -> Mapping[CitizenId, Mapping[str, Json]]:
        """The same for many citizens and attributes in a few statements; what is None may be left out."""
        ...

    def set(self, tx: "Transaction", citizen: CitizenId, attribute: str, value: Json, *, source: str) -> None:
        """Set it; `source` says who told it."""
        ...


class BlobPort(Protocol):
    """Photos and attachments, kept in the town's own store."""

    def put(self, tx: "Transaction", data: bytes, media_type: str, *, expires: datetime | None = None) -> Ref:
        """Keep the bytes until `expires`, or for good."""
        ...

    def get(self, tx: "Transaction", blob: Ref) -> tuple[bytes, str] | None:
        """The bytes and their media type, or None when they are gone."""
        ...
