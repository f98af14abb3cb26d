"""Segments under concurrency: tables grow once, and two writers of a person's tags follow each other."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from types import SimpleNamespace

import pytest
from psycopg.errors import UniqueViolation

from govline.segments import AttributeDef, Attributes, Segments
from govline.store import identity

DECLARED = Attributes([AttributeDef("ward", "text"), AttributeDef("topics", "tags")])


def test_many_processes_may_apply_at_once(any_db):
    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(lambda _: any_db.run(Segments(DECLARED).apply), range(6)))
    assert sorted(step.column or step.table for step in chain(*done)) == [
        "attr_profile",
        "attr_tags_topics",
        "ward",
    ]
    assert any_db.read(Segments(DECLARED).plan) == ()


def write_at_once(db, segments, rounds=1):
    who = db.run(lambda tx: identity.citizen_of(tx, f"U{0:032x}"))
    with ThreadPoolExecutor(8) as pool:
        jobs = [
            pool.submit(
                db.run, lambda tx, n=n: segments.set(tx, who, "topics", ["same", f"own {n}"], source="test")
            )
            for n in range(60 * rounds)
        ]
        [job.result() for job in jobs]
    return db.read(lambda tx: segments.get(tx, who, "topics"))


def test_the_last_writer_of_tags_wins_as_a_whole(any_db):
    segments = Segments(DECLARED)
    any_db.run(segments.apply)
    found = write_at_once(any_db, segments)
    assert "same" in found
    assert len(found) == 2


def test_without_the_profile_lock_writers_collide(postgres_db):
    segments = Segments(DECLARED)
    postgres_db.run(segments.apply)
    real = segments._statements
    segments._statements = SimpleNamespace(**vars(real))
    segments._statements.lock = segments._statements.clear_rows["topics"]
    with pytest.raises(UniqueViolation):
        write_at_once(postgres_db, segments, rounds=20)
