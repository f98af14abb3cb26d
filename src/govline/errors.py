"""Every error that govline raises, drawn once.

    GovlineError                       code GL-nnnn, message, hint, cause; never personal data
    ├── ConfigError (ValueError)       city.yaml, feature settings, environment
    ├── InputError (ValueError)        values handed to a public function
    │   ├── MessageError               a LINE message beyond LINE's limits; names the field
    │   ├── IndividualNumberRefused    a 個人番号 was seen: it is refused before it is stored
    │   └── FileError                  a file that staff supplied: row, column, cell, reason
    ├── DefinitionError (ValueError)   a scenario, filter or calendar that cannot be right; file, line, key
    ├── MissingExtra (ImportError)     an optional dependency is not installed; names the extra
    ├── StoreError                     database, transaction, outbox
    │   ├── JoinRefused                the connection handed to join() has no transaction we may share
    │   ├── RetryNeeded                the database asked to run the unit again (40001, 40P01, BUSY)
    │   ├── NestedUnit                 run() inside run() or begin()
    │   └── UnitTimeout                a unit held the writer longer than its budget
    ├── LineError                      LINE refused or could not be reached
    │   ├── SignatureRefused           a webhook whose signature does not fit its bytes
    │   └── RateLimited                429 by rate; carries retry_after seconds
    ├── PageRefused                    a request that the web pages refuse; carries the HTTP status
    ├── VerificationError              certificates and signatures that cannot be read at all
    └── PaymentError                   a provider's answer that cannot be taken
        └── OutcomeUnknown             a call whose effect is not known: look it up, never repeat it afresh

A refusal that a citizen may meet (slot full, too late) is a value, `govline.core.Reason`, not an exception.
Code ranges: 0xxx core, config, tabular · 1xxx store, delivery · 2xxx calendar · 3xxx segments · 4xxx scenario, answers ·
5xxx forms · 6xxx mynumber · 7xxx payments · 8xxx line, web, places, disaster · 9xxx city, cli, reports.
"""

from collections.abc import Mapping
from typing import Any

__all__ = [
    "ConfigError",
    "DefinitionError",
    "FileError",
    "GovlineError",
    "IndividualNumberRefused",
    "InputError",
    "JoinRefused",
    "LineError",
    "MessageError",
    "MissingExtra",
    "NestedUnit",
    "OutcomeUnknown",
    "PageRefused",
    "PaymentError",
    "PutOff",
    "RateLimited",
    "RetryNeeded",
    "SignatureRefused",
    "StoreError",
    "UnitTimeout",
    "VerificationError",
]


class GovlineError(Exception):
    """Base of all errors of govline.

    Args:
        message: What happened, without personal data.
        code: `GL-nnnn`; each code has a page in docs/errors. The class's own code where omitted.
        hint: What the reader can do about it.
        place: Where it happened: file, row, column, step, field. Never a citizen's data.
    """

    code: str = "GL-0000"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str = "", place: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.hint = hint
        self.place = dict(place or {})

    def __str__(self) -> str:
        where = " ".join(f"{key}={value}" for key, value in self.place.items())
        parts = [
            f"{self.code} {self.message}",
            f"[{where}]" if where else "",
            f"-> {self.hint}" if self.hint else "",
        ]
        return " ".join(part for part in parts if part)


class ConfigError(GovlineError, ValueError):
    """A setting of the town is missing or wrong."""

    code = "GL-0001"


class InputError(GovlineError, ValueError):
    """A value handed to a public function is wrong."""

    code = "GL-0002"


class MessageError(InputError):
    """A message breaks one of LINE's limits; `place["field"]` names the field."""

    code = "GL-0010"


class IndividualNumberRefused(InputError):
    """A 個人番号 was seen and refused before it was stored (番号法 19条, 20条)."""

    code = "GL-0020"


class FileError(InputError):
    """A file supplied by staff cannot be read as it stands; nothing was written."""

    code = "GL-0030"


class DefinitionError(GovlineError, ValueError):
    """A definition (scenario, filter, calendar) cannot be right."""

    code = "GL-0040"


class MissingExtra(GovlineError, ImportError):
    """An optional dependency is not installed."""

    code = "GL-0050"

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed", hint=f"pip install 'govline[{extra}]'")


class StoreError(GovlineError):
    """The store refused or failed."""

    code = "GL-1000"


class JoinRefused(StoreError):
    """The connection handed to `join` has no open transaction that we may share."""

    code = "GL-1001"


class RetryNeeded(StoreError):
    """The database asked to run the unit of work again; inside `join` the caller does so."""

    code = "GL-1002"


class NestedUnit(StoreError):
    """`run` was called inside `run` or `begin` on the same database."""

    code = "GL-1003"


class UnitTimeout(StoreError):
    """A unit of work held the writer longer than its budget."""

    code = "GL-1004"


class PutOff(StoreError):
    """An event of the inbox cannot be handled at this moment: it stays as it is, no attempt is counted, and is taken up again."""

    code = "GL-1114"


class LineError(GovlineError):
    """LINE refused a request or could not be reached."""

    code = "GL-8000"


class SignatureRefused(LineError):
    """The webhook's signature does not fit its bytes under any known secret."""

    code = "GL-8001"


class RateLimited(LineError):
    """429 by rate: not accepted, the same key may be sent again after `retry_after` seconds."""

    code = "GL-8002"

    def __init__(self, message: str, *, retry_after: float, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.retry_after = retry_after


class PageRefused(GovlineError):
    """A request of a page is refused: a sign-in, a form, an upload, a link. `status` is the HTTP status that says so."""

    code = "GL-8100"
    status = 400

    def __init__(self, message: str, *, status: int | None = None, **rest: Any) -> None:
        super().__init__(message, **rest)
        self.status = status or type(self).status


class VerificationError(GovlineError):
    """A certificate or signature cannot be read at all (a bad one is a verdict, not an error)."""

    code = "GL-6000"


class PaymentError(GovlineError):
    """A payment provider's answer or webhook cannot be taken."""

    code = "GL-7000"


class OutcomeUnknown(PaymentError):
    """A call whose effect is not known: look it up with the same key, never repeat it afresh."""

    code = "GL-7001"
