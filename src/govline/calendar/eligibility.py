"""接種券などの一覧: who is on it proves it once with number and birth date; only keyed hashes of both are kept.

Comparison takes the same time and gives the same answer whether the number is not on the list or the birth date is another's.
"""

import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from attrs import frozen

from govline.calendar import _queries as base
from govline.calendar import guessing, reasons
from govline.calendar._queries import eligible as q
from govline.calendar.guessing import Meter
from govline.calendar.mandate import forbidden
from govline.calendar.model import Programme, Refused
from govline.calendar.reasons import because
from govline.calendar.requests import check_key, row_of
from govline.calendar.terms import Eligibility, Voucher
from govline.core import ALLOW_ALL, CitizenId, Id, Json, PolicyPort, Reason, Ref, Transaction
from govline.errors import InputError
from govline.store._reach import keyring
from govline.store.columns import dump_json
from govline.store.sealing import Keyring

__all__ = ["Claimed", "EligibilityList", "ListState", "born_purpose", "number_purpose", "plain_number"]

_SEPARATORS: Final = re.compile(r"[\s\-‐-―−─ー－]")
_COUNTED: Final = timedelta(days=31)
_NOBODY: Final = "0" * 64


@frozen
class Claimed:
    """Yes, they are on the list.

    Args:
        voucher: What was claimed. `booking`: the live booking that stands on it already, theirs or taken by staff.
    """

    voucher: Voucher
    booking: Id | None = None


@frozen
class ListState:
    """How a list stands, by cohort: rows, claimed ones, those with a live booking; and locks by kind."""

    cohorts: Mapping[str, tuple[int, int, int]]
    locks: Mapping[str, int]

    @property
    def rows(self) -> int:
        """Rows of all cohorts."""
        return sum(rows for rows, _, _ in self.cohorts.values())


def plain_number(text: str) -> str:
    """A number as it is compared: narrow characters, no blanks, no hyphens."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text))


def number_purpose(programme: str) -> str:
    """What numbers of this list are hashed for: the same number on another list has another hash."""
    return f"calendar.eligible.number:{programme}"


def born_purpose(programme: str) -> str:
    """What birth dates of this list are hashed for."""
    return f"calendar.eligible.born:{programme}"


class EligibilityList:
    """The lists of a calendar; `calendar.eligibility`.

    Args:
        programme: The programme of an id; raises where it is not declared.
        policy: Who may do what for others: `calendar.desk` to enter a number and to put a booking on it,
            `calendar.override` to let go of a lock.
    """

    def __init__(self, programme: Callable[[str], Programme], policy: PolicyPort = ALLOW_ALL) -> None:
        self._programme = programme
        self._policy = policy

    def claim(
        self,
        tx: Transaction,
        programme: str,
        citizen: CitizenId | None,
        number: str,
        born: date,
        *,
        key: str,
        source: str = "",
    ) -> Claimed | Refused:
        """Prove that one is on the list; from then on the citizen may book on that voucher. For pages and staff, never for chat.

        Args:
            programme: Whose list.
            citizen: Who claims; None where staff do it for somebody who is not known yet.
            number: As it stands on paper. `born`: the birth date.
            key: Idempotency key; the same request again is not counted again.
            source: Where it comes from, for the limit of a whole channel: `web`, a keyed hash of an address; the actor's
                channel where omitted.

        Returns:
            The voucher, or why not; GL-2134 while too many were wrong, whether this one is right or not. Staff without
            `calendar.desk` learn nothing of the list, and nothing is counted.

        Raises:
            InputError: GL-2006 the programme has no list, GL-2001 the key was used for something else.
        """
        rule = self._rule(programme)
        check_key(key)
        refused = forbidden(tx, self._policy, "calendar.desk") if tx.actor.kind == "staff" else None
        if refused is not None:
            return refused
        if not re.fullmatch(rule.shape, plain_number(number)):
            return Refused([_misshapen(rule)])
        who = "" if tx.actor.kind == "staff" else citizen or f"{tx.actor.kind}:{tx.actor.id}"
        keys = keyring(tx)
        entry = _Entered(programme, plain_number(number), born, who, source or tx.actor.channel)
        digest = entry.digest(keys)
        if not tx.write(base.CLAIM_REQUEST, row_of(tx, key, "claim", digest, citizen=citizen, answer=None)):
            return _told_before(tx, key, digest)
        answer = self._judge(tx, rule, entry, citizen, keys)
        tx.write(base.ANSWER, {"request": key, "said": _to_json(answer)})
        return answer

    def attach(self, tx: Transaction, booking: Id, voucher: Id) -> bool | Refused:
        """Put a booking that staff took (by phone) on a claimed voucher; whether both were free for it."""
        refused = forbidden(tx, self._policy, "calendar.desk")
        if refused is not None:
            return refused
        done = bool(tx.write(q.ATTACH, {"booking": booking, "entry": voucher}))
        if done:
            tx.audit("calendar.eligibility.attached", Ref("calendar.booking", booking), {"voucher": voucher})
        return done

    def release(
        self,
        tx: Transaction,
        programme: str,
        *,
        reason: str,
        number: str = "",
        citizen: CitizenId = "",
        source: str = "",
    ) -> int | Refused:
        """Let go of a lock before its time: staff have made sure who calls. How many there were; it stands in the audit.

        Args:
            reason: Why, for the audit; no personal data.
            number, citizen, source: Whose lock.

        Raises:
            InputError: GL-2007, no reason, or nothing named.
        """
        self._rule(programme)
        given = {"number": plain_number(number), "citizen": citizen, "source": source}
        named = {kind: subject for kind, subject in given.items() if subject}
        if not reason.strip() or not named:
            raise InputError(
                "releasing a lock needs a reason, and whose lock it is",
                code="GL-2007",
                hint="release(tx, programme, reason=…, number=… or citizen=… or source=…)",
            )
        refused = forbidden(tx, self._policy, "calendar.override")
        if refused is not None:
            return refused
        keys = keyring(tx)
        released = 0
        for kind, subject in named.items():
            for each in keys.lookups(subject, _guess_purpose(programme)) if kind == "number" else (subject,):
                released += guessing.release(tx, Meter(programme, kind, each))
        facts = {"kinds": sorted(named), "reason": reason, "released": released}
        tx.audit("calendar.eligibility.released", Ref("calendar.programme", programme), facts)
        return released

    def state(self, tx: Transaction, programme: str) -> ListState:
        """How the list stands: numbers only."""
        self._rule(programme)
        terms = {"programme": programme}
        cohorts = {name: (rows, claimed, booked) for name, rows, claimed, booked in tx.all(q.COHORTS, terms)}
        return ListState(cohorts, dict(tx.all(q.LOCKS, {**terms, "now": tx.now})))

    def terms(self, tx: Transaction, programme: str) -> dict[tuple[date | None, date | None], int]:
        """Rows of the list that nobody has booked with, by 前回の日 and 有効期限; numbers only."""
        self._rule(programme)
        rows = tx.all(q.TERMS, {"programme": programme})
        return {(earlier, until): number for earlier, until, number in rows}

    def purge(self, tx: Transaction) -> None:
        """Forget what was entered wrongly a month ago."""
        tx.write(q.PURGE_GUESSES, {"before": tx.now - _COUNTED})

    def erase(self, tx: Transaction, citizen: CitizenId) -> None:
        """Take the citizen out of the lists; the rows stay, so that they may claim anew."""
        tx.write(q.FORGET_CLAIMS, {"who": citizen})
        tx.write(q.FORGET_GUESSES, {"who": citizen})

    def _rule(self, programme: str) -> Eligibility:
        rule = self._programme(programme).policy.eligibility
        if rule is None:
            raise InputError(
                "this programme has no eligibility list",
                code="GL-2006",
                hint="policy: {eligibility: true} in its file",
                place={"programme": programme},
            )
        return rule

    def _judge(
        self,
        tx: Transaction,
        rule: Eligibility,
        entered: "_Entered",
        citizen: CitizenId | None,
        keys: Keyring,
    ) -> Claimed | Refused:
        meters = entered.meters(keys)
        if until := guessing.locked_until(tx, meters[:-1], meters[-1]):
            return Refused([because("claim_locked", until=until)])
        entry = _matching(tx, entered, keys)
        if entry is None:
            return self._wrong(tx, rule, meters)
        for meter in meters[:-1]:
            if (
                meter.kind == "number" or entry.citizen is None
            ):  # one's own voucher, entered again, is no way to more guesses
                guessing.clear(tx, meter)
        return _bound(tx, rule, entry, citizen)

    @staticmethod
    def _wrong(tx: Transaction, rule: Eligibility, meters: tuple[Meter, ...]) -> Refused:
        until, left = guessing.count_wrong(tx, meters[:-1], meters[-1], rule.guessing)
        if until is not None:
            return Refused([because("claim_locked", until=until)])
        return Refused([because("not_listed", name=rule.name, remaining=left)])


@frozen
class _Entered:
    """What was entered; its repr shows nothing of it. `who` is "" for staff, who serve many callers and type for each."""

    programme: str
    number: str
    born: date
    who: str
    source: str

    def __repr__(self) -> str:
        return f"_Entered({self.programme})"

    def digest(self, keys: Keyring) -> str:
        """What is kept of the request: hashes of hashes, from which nobody finds the number by trying."""
        number = keys.lookup(self.number, number_purpose(self.programme))
        born = keys.lookup(self.born.isoformat(), born_purpose(self.programme))
        return hashlib.sha256(dump_json([self.programme, self.who, number, born]).encode()).hexdigest()

    def meters(self, keys: Keyring) -> tuple[Meter, ...]:
        """What is counted, in the order in which it is locked."""
        number = keys.lookup(self.number, _guess_purpose(self.programme))
        subjects = {"citizen": self.who, "number": number, "source": self.source}
        return tuple(Meter(self.programme, kind, subject) for kind, subject in subjects.items() if subject)


def _guess_purpose(programme: str) -> str:
    return f"calendar.guess:{programme}"


def _matching(tx: Transaction, entered: _Entered, keys: Keyring) -> q.Entry | None:
    """The row of this number and birth date; the same work where there is none."""
    numbers = keys.lookups(entered.number, number_purpose(entered.programme))
    terms = {"programme": entered.programme, "numbers": json.dumps(numbers)}
    found: q.Entry | None = tx.one(q.FIND_ENTRY, terms)
    stored = found.born if found is not None and not found.withdrawn else _NOBODY
    hashes = keys.lookups(entered.born.isoformat(), born_purpose(entered.programme))
    same = [hmac.compare_digest(stored, each) for each in hashes]
    return found if any(same) else None


def _bound(
    tx: Transaction, rule: Eligibility, entry: q.Entry, citizen: CitizenId | None
) -> Claimed | Refused:
    standing = tx.one(q.STANDING_ON, {"entry": entry.id, "now": tx.now})
    booking, holder = standing or (None, None)
    if holder is not None and holder != citizen:
        return Refused([because("voucher_of_another", name=rule.name, limit=1)])
    if citizen is not None and entry.citizen != citizen:
        tx.write(q.BIND, {"entry": entry.id, "who": citizen, "now": tx.now})
    taken = booking is not None
    return Claimed(Voucher(entry.id, entry.cohort, entry.earlier, entry.product, entry.until, taken), booking)


# --- answers by key ---


def _told_before(tx: Transaction, key: str, digest: str) -> Claimed | Refused:
    row = tx.one(base.REQUEST, {"request": key})
    if row is None or (row[0], row[1]) != ("claim", digest) or row[2] is None:
        raise InputError(
            "this idempotency key was used for another request",
            code="GL-2001",
            hint="make a new key for every new request",
        )
    return _from_json(row[2])


def _to_json(answer: Claimed | Refused) -> Json:
    if isinstance(answer, Refused):
        return {"refused": [reasons.to_json(each) for each in answer.reasons]}
    voucher = answer.voucher
    return {
        "booking": answer.booking,
        "voucher": {
            "id": voucher.id,
            "cohort": voucher.cohort,
            "earlier": voucher.earlier and voucher.earlier.isoformat(),
            "product": voucher.product,
            "until": voucher.until and voucher.until.isoformat(),
            "taken": voucher.taken,
        },
    }


def _from_json(data: Mapping[str, Any]) -> Claimed | Refused:
    if "refused" in data:
        return Refused([reasons.from_json(each) for each in data["refused"]])
    voucher = dict(data["voucher"])
    for name in ("earlier", "until"):
        voucher[name] = voucher[name] and date.fromisoformat(voucher[name])
    return Claimed(Voucher(**voucher), data["booking"])


def _misshapen(rule: Eligibility) -> Reason:
    digits = re.fullmatch(r"\[0-9\]\{(\d+)\}", rule.shape)
    if digits:
        return because("number_digits", name=rule.name, digits=digits[1], shape=rule.shape)
    return because("number_shape", name=rule.name, shape=rule.shape)
