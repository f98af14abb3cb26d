"""After a first attempt that may have arrived, nothing is said twice and nothing is called dead."""

from datetime import UTC, datetime, timedelta

import pytest

from govline.core import Amend, Dead, EffectContext, Retry
from govline.line.batches import MulticastHandler, QuotaMark
from govline.line.limiter import Turn
from govline.line.messenger import Answer
from govline.line.replies import ReplyHandler

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FULL = "You have reached your monthly limit."


class Closed:
    """A gate with no place for half a second."""

    def reserve(self, _endpoint):
        return Turn(0.5)


def attempt(number):
    began = NOW - timedelta(seconds=number)
    return EffectContext(
        id="e1", topic="t", attempt=number, enqueued=began, now=NOW, first_attempt=began, town="hinata"
    )


@pytest.mark.parametrize(("number", "fate"), [(1, Amend), (2, Retry)])
def test_a_reply_becomes_a_push_only_while_it_cannot_have_arrived(number, fate):
    handler = ReplyHandler(None, Closed(), push=object())
    payload = {"reply_token": "r", "messages": [], "citizen": "c1"}
    assert type(handler.run(payload, attempt(number))) is fate


@pytest.mark.parametrize(("number", "fate"), [(1, Dead), (2, Retry)])
def test_a_used_up_quota_ends_only_what_was_never_tried(number, fate):
    quota = QuotaMark()
    quota.hear(Answer(429, FULL), NOW)
    assert quota.stands(NOW)
    handler = MulticastHandler(None, None, Closed(), quota)
    assert type(handler.run({"batch": "b1"}, attempt(number))) is fate
