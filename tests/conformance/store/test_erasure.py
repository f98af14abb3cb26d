"""The store's own part of an erasure, and the search that proves it, on both engines."""

import pytest

from govline.core import Effect, Ref, Schedule
from govline.store import erasure, footprints, identity, outbox

GONE, STAYS = "0190aaaa-gone", "0190bbbb-stays"


@pytest.mark.parametrize(
    ("payload", "rest"),
    [
        ({"citizen": GONE}, None),
        ({"citizens": [GONE]}, None),
        ({"citizens": [GONE, STAYS]}, {"citizens": [STAYS]}),
        ({"rows": [{"citizen": GONE, "t": 1}, {"citizen": STAYS}]}, {"rows": [{"citizen": STAYS}]}),
        ({GONE: 1}, None),
        ({"text": f"hello {GONE}"}, None),
        ({"a": {"b": [STAYS, 1, None, True]}}, {"a": {"b": [STAYS, 1, None, True]}}),
    ],
)
def test_a_payload_loses_the_citizen_or_everything(payload, rest):
    assert erasure.without(payload, GONE) == rest


def test_the_search_looks_into_text_json_and_bytes(any_db):
    def write(tx):
        citizen = identity.citizen_of(tx, "U" + "a" * 32)
        tx.schedule(
            Schedule("k", tx.now, Ref("x", "y"), Effect("t.x", {"deep": [{"citizen": citizen}]}, "d"))
        )
        kind = "BLOB" if tx.dialect == "sqlite" else "BYTEA"
        tx.connection.exec_driver_sql(f"CREATE TABLE gl_vendor (photo {kind}, size INTEGER)")
        tx.connection.exec_driver_sql(f"INSERT INTO gl_vendor VALUES (CAST('canary' AS {kind}), 1)")
        return citizen

    citizen = any_db.run(write)
    assert any_db.read(lambda tx: footprints.find(tx, [citizen])) == {
        "gl_identity.citizen": 1,
        "gl_schedule.effect": 1,
    }
    assert any_db.read(lambda tx: footprints.find(tx, ["canary", ""])) == {"gl_vendor.photo": 1}
    assert any_db.read(lambda tx: footprints.find(tx, ["U" + "a" * 32])) == {}
    assert any_db.read(lambda tx: footprints.find(tx, [])) == {}


def test_an_effect_behind_an_erased_one_goes_on(any_db):
    def write(tx):
        first = tx.enqueue(Effect("t.x", {"citizen": GONE}, "1", order_key="run:1"))
        second = tx.enqueue(Effect("t.x", {"citizen": STAYS}, "2", order_key="run:1"))
        return first, second

    first, second = any_db.run(write)
    any_db.run(lambda tx: erasure.erase(tx, GONE))
    rows = {row.id: (row.state, row.reason) for row in any_db.read(outbox.list)}
    assert rows == {first: ("skipped", "erased"), second: ("ready", "")}
    any_db.run(lambda tx: erasure.erase(tx, GONE))
    assert any_db.read(lambda tx: footprints.find(tx, [GONE])) == {}
