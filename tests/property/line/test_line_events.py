"""Whatever JSON comes, every event is accounted for and nothing but InputError is raised."""

import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.errors import InputError
from govline.line.events import EVENT_TYPES
from govline.line.parsing import parse
from govline.line.privacy import Cleaner

TARO = "U" + "1" * 32
KEYS = st.sampled_from(
    [
        "type",
        "message",
        "source",
        "userId",
        "timestamp",
        "webhookEventId",
        "id",
        "text",
        "members",
        "joined",
        "params",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=6)
    | st.sampled_from([TARO, f"x{TARO}y", "user", *sorted(EVENT_TYPES)])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=5))
def test_no_event_is_lost_and_each_has_an_id(events):
    body = parse(json.dumps({"events": events}))
    assert len(body.events) == len(body.raw) == len(events)
    for event in body.events:
        assert event.id
        assert event.timestamp >= 0
        assert isinstance(event.type, str)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_read_or_refused(raw):
    with suppress(InputError):
        assert parse(raw).raw is not None


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_no_user_id_survives_the_cleaning(raw):
    cleaned = json.dumps(Cleaner(lambda _user: "citizen", lambda _text: None).clean(raw))
    assert TARO not in cleaned
    assert '"userId"' not in cleaned
