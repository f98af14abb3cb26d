"""Erasing a citizen from the whole town, with a report by table and a proof that nothing is left."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from govline.core import Actor, CitizenId, Id, Ref, Transaction
from govline.core.permissions import PolicyPort
from govline.core.values import frozen_map, frozen_tuple
from govline.errors import InputError
from govline.store import footprints, identity

if TYPE_CHECKING:
    from govline.city.city import City

__all__ = ["ErasureReport", "erase_citizen"]

_VERB: Final = "erasure.run"
_PASSES: Final = 3
"""What a handler that was under way wrote meanwhile is found by the proof and erased by the next pass."""


@frozen
class ErasureReport:
    """What an erasure found and left.

    Args:
        tombstone: The pseudonym under which the audit goes on; "" for a dry run.
        before: By table, rows that held the citizen's id or one of the values. `after`: likewise, afterwards.
        leftovers: By `table.column`, what the proof still found; empty when all is gone.
        not_searched: Sealed columns: they show nothing, and go with their rows.
    """

    tombstone: Id
    before: Mapping[str, int] = field(converter=frozen_map, hash=False)
    after: Mapping[str, int] = field(converter=frozen_map, hash=False)
    leftovers: Mapping[str, int] = field(converter=frozen_map, hash=False)
    not_searched: Sequence[str] = field(converter=frozen_tuple)

    @property
    def proven(self) -> bool:
        """Whether a search of every column of every table found nothing any more."""
        return bool(self.tombstone) and not self.leftovers


def erase_citizen(
    city: "City",
    citizen: CitizenId,
    *,
    also: Sequence[str] = (),
    actor: Actor | None = None,
    dry_run: bool = False,
) -> ErasureReport:
    """Let every room forget a citizen, then search the whole database for what is left.

    Args:
        also: More values to search for in the proof: a name, a telephone number. They are searched, not erased by themselves.
        actor: On whose behalf; needs `erasure.run`.
        dry_run: Only count.

    Raises:
        InputError: GL-1500 the actor may not erase.
    """
    policy: PolicyPort = city.policy
    if actor is not None and (reason := policy.refuses(actor, _VERB)) is not None:
        raise InputError(reason.text, code="GL-1500", place={"verb": _VERB})
    user = city.read(lambda tx: identity.line_user_of(tx, citizen))
    values = [citizen, *([user] if user else []), *also]
    before = city.read(lambda tx: footprints.row_counts(tx, values))
    sealed = [f"{each.table}.{each.column}" for each in city.sealed_columns]
    if dry_run:
        return ErasureReport("", before, before, city.read(lambda tx: footprints.find(tx, values)), sealed)
    tombstone, leftovers = "", {"": 0}
    for attempt in range(_PASSES):
        if not leftovers:
            break
        told = before if attempt == 0 else {}
        tombstone = city.run(partial(_erase, city=city, citizen=citizen, told=told), actor=actor)
        leftovers = city.read(lambda tx: footprints.find(tx, values))
    after = city.read(lambda tx: footprints.row_counts(tx, values))
    return ErasureReport(tombstone, before, after, leftovers, sealed)


def _erase(tx: Transaction, *, city: "City", citizen: CitizenId, told: Mapping[str, int]) -> Id:
    tombstone = city.erase(tx, citizen)
    if told:
        tx.audit(_VERB, Ref("citizen", tombstone), {"rows": dict(told)})
    return tombstone
