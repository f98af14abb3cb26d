"""Whatever is frozen and whatever becomes of it: each reachable citizen stands in one batch, counts equal rows."""

from itertools import count
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from govline.core import Dead, Done, Retry, Unknown
from govline.core.messages import Text
from govline.delivery import batch, freeze, ledger, record_batch, run
from govline.delivery._tables import batches
from govline.delivery.service import ledger_counts
from govline.store import identity

TOWN = 9
NUMBERS = count()
fates = st.sampled_from([Done(), Dead("no"), Unknown("24 h"), Retry("later")])
examples = settings(max_examples=40)


@examples
@given(
    wanted=st.lists(st.integers(0, TOWN + 1), max_size=30),
    blocked=st.sets(st.integers(0, TOWN - 1)),
    size=st.integers(1, 4),
    page=st.integers(1, 5),
    events=st.lists(st.tuples(st.integers(0, 9), fates), max_size=25),
)
def test_the_ledger_always_adds_up(sqlite_db, wanted, blocked, size, page, events):  # noqa: PLR0917
    ids = [*sqlite_db.run(lambda tx: [identity.citizen_of(tx, f"U{n:032x}") for n in range(TOWN)]), "x", "y"]
    for place, who in enumerate(ids[:TOWN]):
        sqlite_db.run(lambda tx, who=who, out=place in blocked: identity.set_blocked(tx, who, out))
    with patch("govline.delivery.freezing.BATCH_SIZE", size), patch("govline.delivery.freezing.PAGE", page):
        made = sqlite_db.run(
            lambda tx: freeze(
                tx,
                key=f"run {next(NUMBERS)}",
                source="t",
                messages=[Text("x")],
                recipients=(ids[n] for n in wanted),
            )
        )
    query = select(batches.c.id).where(batches.c.run_id == made.id).order_by(batches.c.number)
    found = sqlite_db.read(lambda tx: [batch(tx, each) for each in tx.connection.execute(query).scalars()])
    reachable = [ids[n] for n in dict.fromkeys(wanted) if n < TOWN and n not in blocked]
    assert [who for each in found for who in each.citizens] == reachable
    assert all(0 < len(each.citizens) <= size for each in found)
    fate_of = {}
    for which, fate in events if found else []:
        each = found[which % len(found)]
        sqlite_db.run(lambda tx, each=each, fate=fate: record_batch(tx, each.id, fate))
        if not isinstance(fate, Retry) and not isinstance(fate_of.get(each.id), Done):
            fate_of[each.id] = fate
    now = sqlite_db.read(lambda tx: run(tx, made.id))
    assert now.counts == sqlite_db.read(lambda tx: ledger_counts(tx, made.id))
    assert now.counts.total == len(set(wanted))
    assert now.counts.sent == sum(
        len(each.citizens) for each in found if isinstance(fate_of.get(each.id), Done)
    )
    assert (now.finished is not None) == (len(fate_of) == len(found))
    states = {row.citizen: row.state for row in sqlite_db.read(lambda tx: ledger(tx, made.id))}
    names = {Done: "sent", Dead: "not_reached", Unknown: "unknown"}
    for each in found:
        expected = names.get(type(fate_of.get(each.id)), "planned")
        assert {states[who] for who in each.citizens} == {expected}
