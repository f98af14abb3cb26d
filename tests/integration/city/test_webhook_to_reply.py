"""From LINE's bytes to the citizen's phone: one effect each, in order, nothing lost, the right status code."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import MetaData, select

from govline.store import inbox, outbox


def states(city):
    return city.read(inbox.counts)


def test_one_body_posted_five_times_has_one_effect(city, echo, body, post, replies):
    raw = body.raw(body.text("こんにちは"))
    assert [post(raw) for _ in range(5)] == [200] * 5
    city.settle()
    assert echo.heard == ["こんにちは"]
    assert replies() == ["「こんにちは」ですね"]


def test_an_older_secret_counts_during_rotation_and_a_foreign_one_does_not(city, echo, body, post):
    raw = body.raw(body.text("やあ"))
    assert post(raw, "a foreign secret") == 401
    assert city.receive(raw, None) == 401
    assert city.read(inbox.counts) == {}
    assert post(raw, "an older secret") == 200
    city.settle()
    assert echo.heard == ["やあ"]


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"events": 7}', b"\xff\xfe", b""])
def test_broken_json_with_a_good_signature_is_refused(post, raw):
    assert post(raw) == 400


def test_the_verify_button_is_answered(post):
    assert post(b'{"destination":"U00000000000000000000000000000001","events":[]}') == 200


def test_a_body_for_another_account_is_refused_where_the_destination_is_known(any_db, body, line):
    from govline import City
    from govline.city import LineChannel
    from govline.line import sign

    channel = LineChannel(lambda: ("s",), lambda: "t", destination="U" + "9" * 32)
    raw = body.raw(body.text("やあ"))
    assert City(any_db, line=channel).receive(raw, sign("s", raw)) == 403


def test_two_quick_messages_are_answered_in_order_whoever_handles_them(city, echo, body, post, replies):
    for first in range(0, 20, 2):
        assert post(body.raw(body.text(f"{first}"), body.text(f"{first + 1}"))) == 200
    start = threading.Barrier(4)

    def work():
        start.wait()
        for lane in city.read(inbox.next_citizens):
            inbox.process(city.database, lane, city.conversation.handle)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    city.settle()
    assert echo.heard == [str(number) for number in range(20)]
    assert replies() == [f"「{number}」ですね" for number in range(20)]


def test_events_of_one_body_are_handled_by_timestamp(city, echo, body, post):
    post(body.raw(body.text("later", at=200), body.text("earlier", at=100)))
    city.settle()
    assert echo.heard == ["earlier", "later"]


def test_a_handler_that_raises_loses_nothing_and_can_be_replayed(city, echo, body, post, replies):
    assert post(body.raw(body.text("前"), body.text("壊れる"), body.text("後"))) == 200
    city.settle()
    assert replies() == ["「前」ですね", "「後」ですね"]
    failed = city.read(lambda tx: inbox.list(tx, state="failed"))
    assert [event.code for event in failed] == ["RuntimeError"]
    assert "壊れる" not in repr(failed)
    echo.broken = False
    city.run(lambda tx: inbox.replay(tx, failed[0].id))
    city.settle()
    assert replies()[-1] == "「壊れる」ですね"
    assert states(city) == {"done": {"message.text": 3}}


def test_one_broken_event_among_ten_loses_none_of_the_nine(city, echo, body, post):
    events = [body.text(str(number)) for number in range(10)]
    events[4] = {"type": "message", "timestamp": "not a number", "source": 3, "webhookEventId": "01BROKEN"}
    assert post(body.raw(*events)) == 200
    city.settle()
    assert echo.heard == [str(number) for number in range(10) if number != 4]
    assert states(city)["done"]["broken"] == 1


def test_an_unknown_event_is_kept_and_counted(city, body, post):
    event = body.text("x") | {"type": "somethingNew"}
    assert post(body.raw(event)) == 200
    city.settle()
    assert states(city) == {"done": {"somethingNew": 1}}


def test_an_individual_number_is_refused_before_it_is_stored(city, echo, body, post, replies):
    assert post(body.raw(body.text("番号は１２３４-５６７８-９０１８です"))) == 200
    city.settle()
    assert echo.heard == []
    assert len(replies()) == 1
    assert "マイナンバー" in replies()[0]
    assert "9018" not in replies()[0]


def test_the_line_user_id_and_the_words_stand_nowhere_in_clear(city, body, post):
    post(body.raw(body.text("秘密の相談")))
    stored = city.read(everything_stored)
    assert "message.text" in stored
    assert body.user not in stored
    assert "秘密の相談" not in stored


def everything_stored(tx):
    tables = MetaData()
    tables.reflect(tx.connection)
    return "\n".join(
        str(row) for table in tables.sorted_tables for row in tx.connection.execute(select(table))
    )


def test_a_reply_that_dies_is_seen_and_silences_nobody(city, body, post, line, replies):
    _world, client, _url = line
    post(body.raw(body.text("一")))
    city.settle()
    client.request("POST", f"/citizens/{body.user}/block", {})
    unfollow = {key: value for key, value in body.text("x").items() if key not in ("message", "replyToken")}
    post(body.raw(body.text("二"), unfollow | {"type": "unfollow"}))
    city.settle()
    client.request("POST", f"/citizens/{body.user}/follow", {})
    follow = {key: value for key, value in body.text("x").items() if key != "message"}
    post(body.raw(follow | {"type": "follow", "follow": {"isUnblocked": True}}, body.text("三")))
    city.settle()
    assert replies()[-1] == "「三」ですね"
    assert {entry.state for entry in city.read(lambda tx: outbox.list(tx, topic="line.reply"))} <= {
        "done",
        "dead",
    }


def test_settling_ends_at_its_deadline_and_goes_on_later(city, body, post, clock, replies):
    post(body.raw(body.text("一")))
    assert city.settle(deadline=clock.now()) is False
    assert replies() == []
    assert city.settle(deadline=clock.now() + timedelta(seconds=5)) is True
    assert replies() == ["「一」ですね"]


def test_a_feature_that_answers_with_nothing_has_answered(city, body, post, replies):
    for responder in city.router.responders:
        object.__setattr__(responder, "respond", lambda tx, context, said: [])
    post(body.raw(body.text("一")))
    city.settle()
    assert replies() == []
