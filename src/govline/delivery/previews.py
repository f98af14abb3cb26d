"""Looking before sending: who would get a plan and what they would read, LINE's dry run, a test to named people."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import evolve, frozen

from govline.core import CitizenId, DatabasePort, Id, Json, Message, Reason, Transaction
from govline.core.jst import to_jst
from govline.delivery import _sql as sql
from govline.delivery.freezing import PAGE, serialise
from govline.delivery.model import Plan, Preview, Refused, Run
from govline.delivery.personal import freeze_each
from govline.delivery.planning import known, rewrite, standing
from govline.delivery.reading import number
from govline.delivery.rules import UNITS_PER_MONTH, over_send_cap, reason
from govline.delivery.setup import Setup, Validator

__all__ = ["add_tester", "preview", "remove_tester", "send_test", "testers", "validate"]

_NO_CAP: Final = 2**31 - 1
_SAMPLES: Final = 3


def preview(tx: Transaction, setup: Setup, plan_id: Id) -> Preview:
    """What the plan would do now: how many, compared with the last run of its campaign, who not and why, what they read.

    Reads only; a million recipients are counted page by page. Hand the result to `request`.

    Raises:
        StoreError: GL-1054, no such plan.
        MessageError: A rendered message breaks one of LINE's limits.
    """
    now = known(tx, plan_id)
    counted = _count(tx, setup, now)
    previous = tx.one(sql.PREVIOUS_RUN, {"campaign": now.campaign, "plan": plan_id})
    samples = _samples(tx, setup, now, counted.some)
    kept = counted.kept if previous else 0
    left_out = {why: size for why, size in sorted(counted.by_reason.items()) if why}
    count = counted.by_reason.get("", 0)
    return Preview(
        digest=now.digest,
        count=count,
        left_out=left_out,
        previous=previous[0] if previous else None,
        new=counted.total - kept,
        gone=int(previous[1]) - kept if previous else 0,
        samples=tuple(json.loads(body) for body in samples),
        size=max((len(body) for body in samples), default=0),
        warnings=(
            *over_send_cap(setup.rules.caps, count, emergency=bool(now.emergency or now.corrects)),
            *_unit_warning(tx, now),
        ),
    )


def validate(db: DatabasePort, setup: Setup, plan_id: Id, validator: Validator) -> Plan | Refused:
    """Ask LINE whether it would take the messages (a free dry run), outside any transaction, and note the answer.

    Args:
        validator: The City's port `validator`, or a fake.

    Raises:
        StoreError: GL-1054, no such plan.
        LineError: LINE did not answer the question.
    """
    now, bodies = db.read(lambda tx: _to_validate(tx, setup, plan_id))
    for body in bodies:
        reasons = validator.validate(now.kind, json.loads(body))
        if reasons:
            return Refused(reasons)
    return db.run(lambda tx: _note(tx, plan_id, now.digest))


def send_test(tx: Transaction, setup: Setup, plan_id: Id, name: str) -> Run | Refused:
    """Send what the plan says, as it stands, to the people of a named list only; once a revision and list.

    Neither quiet hours nor caps apply: who stands in the list asked for it.

    Raises:
        StoreError: GL-1054, no such plan.
    """
    now = standing(tx, plan_id)
    refused = setup.refused(tx, "plan", now.department)
    if refused is not None:
        return refused
    people = testers(tx, name)
    if not people or len(people) > setup.rules.test_people:
        why = f"テスト配信の名簿「{name}」は{len(people)}人です。1人以上{setup.rules.test_people}人以下にしてください。"
        return Refused((Reason("GL-1075", why, {"limit": setup.rules.test_people}),))
    key = f"test:{plan_id}:{now.revision}:{name}"
    return freeze_each(tx, key=key, source=f"{now.source}.test", bodies=_rendered(tx, setup, now, people))


def add_tester(tx: Transaction, name: str, citizen: CitizenId) -> bool:
    """Put somebody (a member of staff, as LINE knows them) on a test list; whether they were not on it yet."""
    return bool(tx.write(sql.ADD_TESTER, {"name": name, "citizen": citizen}))


def remove_tester(tx: Transaction, citizen: CitizenId) -> bool:
    """Take somebody off every test list; whether they were on one."""
    return bool(tx.write(sql.ERASE_TESTER, {"who": citizen}))


def testers(tx: Transaction, name: str) -> tuple[CitizenId, ...]:
    """The people of a test list."""
    return tuple(citizen for (citizen,) in tx.all(sql.TESTERS, {"list": name}))


@frozen
class _Counted:
    by_reason: Mapping[str, int]
    kept: int
    total: int
    some: tuple[CitizenId, ...]


def _count(tx: Transaction, setup: Setup, now: Plan) -> _Counted:
    terms = _page_terms(tx, setup, now)
    previous = tx.one(sql.PREVIOUS_RUN, {"campaign": now.campaign, "plan": now.id})
    by_reason: Counter[str] = Counter()
    some: Sequence[CitizenId] = ()
    kept, total, after = 0, 0, ""
    while page := setup.select(tx, now.selection, after, PAGE):
        text = json.dumps(list(page))
        for why, size in tx.all(sql.PREVIEW, {**terms, "page": text}):
            by_reason[why] += int(size)
        some = some or page[:_SAMPLES]
        if previous:
            kept += number(tx, sql.IN_RUN, {"run": previous[0], "page": text})
        total, after = total + len(page), page[-1]
    return _Counted(by_reason, kept, total, tuple(some))


def _page_terms(tx: Transaction, setup: Setup, now: Plan) -> dict[str, Json]:
    caps, passes = setup.rules.caps, bool(now.emergency or now.corrects)
    windows = {"hour": tx.now, "day": tx.now}
    limits = {"per_hour": _NO_CAP, "per_day": _NO_CAP}
    if not passes:
        for (window, cap), name in zip(caps.of_citizen(), _windows(caps.citizen_per_hour), strict=False):
            windows[name], limits[f"per_{name}"] = tx.now - window, cap
    return {"topic": "" if passes else now.topic, **windows, **limits}


def _windows(per_hour: int | None) -> tuple[str, ...]:
    return ("day",) if per_hour is None else ("hour", "day")


def _samples(tx: Transaction, setup: Setup, now: Plan, some: Sequence[CitizenId]) -> list[bytes]:
    if now.renderer is None:
        return [now.messages]
    return list(_rendered(tx, setup, now, some).values())


def _rendered(
    tx: Transaction, setup: Setup, now: Plan, citizens: Sequence[CitizenId]
) -> dict[CitizenId, bytes]:
    if now.renderer is None:
        return dict.fromkeys(citizens, now.messages)
    own: Mapping[CitizenId, Sequence[Message]] = setup.renderer(now.renderer)(tx, now.renderer, citizens)
    return {citizen: serialise(own[citizen]) for citizen in citizens if citizen in own}


def _unit_warning(tx: Transaction, now: Plan) -> tuple[Reason, ...]:
    if now.unit is None:
        return ()
    month = f"{to_jst(now.due or tx.now):%Y-%m}"
    others = number(tx, sql.COUNT_UNITS, {"month": month, "but": now.unit})
    return (reason("GL-1065", limit=UNITS_PER_MONTH),) if others >= UNITS_PER_MONTH else ()


def _to_validate(tx: Transaction, setup: Setup, plan_id: Id) -> tuple[Plan, list[bytes]]:
    now = known(tx, plan_id)
    some = [] if now.renderer is None else setup.select(tx, now.selection, "", _SAMPLES)
    return now, _samples(tx, setup, now, some)


def _note(tx: Transaction, plan_id: Id, digest: str) -> Plan | Refused:
    now = standing(tx, plan_id)
    if now.digest != digest:
        return Refused((reason("GL-1061"),))
    return rewrite(tx, evolve(now, validated=digest))
