"""Each source's deliveries run in a queue of their own: a bulkhead per feature."""

from govline import delivery
from govline.core.messages import Text
from govline.store import identity, outbox


def test_two_sources_share_no_queue(any_db):
    def send(tx):
        citizen = identity.citizen_of(tx, "U" + "1" * 32)
        for source in ("garbage", "segments"):
            delivery.freeze(tx, key=source, source=source, messages=[Text("お知らせ")], recipients=[citizen])

    any_db.run(send)
    assert set(any_db.read(outbox.counts)) == {"delivery.garbage", "delivery.segments"}
