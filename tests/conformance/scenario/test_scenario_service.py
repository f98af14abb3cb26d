"""Talks on both stores: once per key, in order, on the version they began with."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from pydantic import BaseModel

from govline.core import Action, Ask, DataClass, Event, Finished, Input, Ref, TalkContext, Wait
from govline.errors import ConfigError, DefinitionError, IndividualNumberRefused
from govline.scenario import ScenarioFeature, loads, replay
from govline.scenario import _queries as q
from govline.scenario.service import ScenarioService
from govline.store import Statement

TALK = """
scenario: facility
version: 1
start: people
triggers: [予約]
steps:
  people: {ask: "何名ですか?", type: integer, between: [1, 10], save: party, next: day}
  day: {ask: "いつですか?", save: day, next: book}
  book: {do: town.book, with: {party: "{party}"}, save: booking, next: done}
  done: {end: booked, say: "{day} {party}名 {booking.label}"}
"""
PAY = """
scenario: pay
start: wait
triggers: [支払い]
steps:
  wait: {do: town.pay, save: paid, next: done, timeout: late}
  done: {end: paid, say: "{paid.yen}円"}
  late: {end: late, say: "期限切れ"}
"""


class BookArgs(BaseModel):
    party: int


class NoArgs(BaseModel):
    pass


class Town:
    def __init__(self):
        self.booked = []

    def book(self, tx, context, args):
        self.booked.append((args.party, context.key))
        return Finished("ok", {"label": "受付"})

    def pay(self, tx, context, args):
        return Wait("payments.settled", tx.now + timedelta(minutes=10), [Line("お待ちします")])

    @property
    def actions(self):
        book = Action("town.book", BookArgs, frozenset({"ok"}), self.book, DataClass.PUBLIC)
        pay = Action("town.pay", NoArgs, frozenset({"ok"}), self.pay)
        return {"town.book": book, "town.pay": pay}


class Line:
    def __init__(self, text):
        self.text = text

    def to_line(self):
        return {"type": "text", "text": self.text}


def make(*sources, town=None):
    service = ScenarioService([loads(source) for source in sources])
    service.bind_actions((town or Town()).actions)
    return service


def say(db, service, text, key, citizen="c1", **more):
    given = Input(**{"kind": "text", "text": text, "key": key, **more})

    def work(tx):
        context = TalkContext(citizen=citizen, now=tx.now, key=key)
        said = service.handle(tx, context, given)
        return said if said is not None else service.begin_by_word(tx, context, given)

    answer = db.run(work)
    return None if answer is None else [message.to_line()["text"] for message in answer]


def test_a_talk_from_the_word_to_the_booking(any_db):
    town = Town()
    service = make(TALK, town=town)
    assert say(any_db, service, "こんにちは", "k0") is None
    assert say(any_db, service, "予約", "k1") == ["何名ですか?"]
    assert say(any_db, service, "3", "k2") == ["いつですか?"]
    held = any_db.read(lambda tx: service.session_of(tx, "c1"))
    assert (held.step, held.slots) == ("day", {"party": 3})
    assert say(any_db, service, "金曜", "k3") == ["金曜 3名 受付"]
    assert town.booked == [(3, "k3/0")]
    assert say(any_db, service, "4", "k4") is None
    turns = any_db.read(lambda tx: service.turns_of(tx, held.id))
    assert [turn.input.key for turn in turns] == ["k1", "k2", "k3"]
    assert replay(service.definitions["facility"], turns[:2], new_id=held.id) == held
    assert replay(service.definitions["facility"], turns, new_id=held.id) is None


def test_the_same_key_answers_alike_and_calls_nothing(any_db):
    town = Town()
    service = make(TALK, town=town)
    talk = [("予約", "k1"), ("3", "k2"), ("金曜", "k3")]
    answers = [[say(any_db, service, text, key) for _ in range(3)] for text, key in talk]
    assert answers == [[["何名ですか?"]] * 3, [["いつですか?"]] * 3, [["金曜 3名 受付"]] * 3]
    assert len(town.booked) == 1
    assert say(any_db, service, "予約", "k1") == ["何名ですか?"]
    assert any_db.read(lambda tx: service.session_of(tx, "c1")) is None


def at_once(db, service, messages):
    gate = threading.Barrier(len(messages))

    def one(message):
        gate.wait()
        return say(db, service, *message)

    with ThreadPoolExecutor(len(messages)) as pool:
        return list(pool.map(one, messages))


def test_two_quick_messages_are_two_turns(any_db):
    service = make(TALK)
    for number in range(8):
        citizen = f"c{number}"
        say(any_db, service, "予約", f"{number}-1", citizen)
        answers = at_once(any_db, service, [("3", f"{number}-2", citizen), ("4", f"{number}-3", citizen)])
        assert {answer[0] for answer in answers} in (
            {"いつですか?", "4 3名 受付"},
            {"いつですか?", "3 4名 受付"},
        )


def test_the_same_message_twice_at_once_is_one_turn(any_db):
    town = Town()
    service = make(TALK, town=town)
    for number in range(8):
        citizen = f"c{number}"
        assert at_once(any_db, service, [("予約", f"{number}-1", citizen)] * 3) == [["何名ですか?"]] * 3
        say(any_db, service, "3", f"{number}-2", citizen)
        assert at_once(any_db, service, [("金曜", f"{number}-3", citizen)] * 3) == [["金曜 3名 受付"]] * 3
    assert len(town.booked) == 8


def test_without_the_lock_two_quick_messages_lose_an_answer(postgres_db, monkeypatch):
    """The proof that the test above sees what the lock prevents: both units read before either writes."""
    monkeypatch.setattr(q, "LOCK", Statement("scenario.lock", q._locked, q.Row))
    service = make(TALK)
    say(postgres_db, service, "予約", "k1")
    both_have_read = threading.Barrier(2, timeout=10)
    hold = ScenarioService._hold

    def held(self, tx, citizen):
        talk = hold(self, tx, citizen)
        both_have_read.wait()
        return talk

    monkeypatch.setattr(ScenarioService, "_hold", held)
    answers = at_once(postgres_db, service, [("3", "k2"), ("4", "k3")])
    assert answers == [["いつですか?"]] * 2


def test_a_running_talk_stays_on_its_version_over_a_deploy(any_db):
    say(any_db, make(TALK), "予約", "k1")
    newer = make(TALK.replace("version: 1", "version: 2").replace("いつですか?", "何日ですか?"))
    assert say(any_db, newer, "3", "k2") == ["いつですか?"]
    assert say(any_db, newer, "最初から", "k3") == ["何名ですか?"]
    assert say(any_db, newer, "3", "k4") == ["何日ですか?"]


def test_a_version_that_cannot_be_found_starts_over_with_a_word(any_db):
    old = TALK.replace("town.book", "town.old")
    service = ScenarioService([loads(old)])
    town = Town()
    service.bind_actions({"town.old": town.actions["town.book"]})
    say(any_db, service, "予約", "k1")
    newer = make(TALK.replace("version: 1", "version: 2"), town=town)
    assert say(any_db, newer, "3", "k2") == [
        "手続きの内容が新しくなったため、最初からご案内します。",
        "何名ですか?",
    ]
    assert say(any_db, newer, "3", "k3") == ["いつですか?"]
    say(any_db, service, "予約", "k4", "c2")
    assert say(any_db, newer, "やめる", "k5", "c2") == ["手続きを終了しました。"]
    say(any_db, service, "予約", "k8", "c4")
    assert say(any_db, make(PAY), "支払い", "k9", "c4") == ["お待ちします"]
    say(any_db, service, "予約", "k6", "c3")
    assert say(any_db, make(PAY), "3", "k7", "c3") == ["この手続きは終了しました。"]
    assert any_db.read(lambda tx: newer.session_of(tx, "c3")) is None


def test_an_action_that_raises_leaves_nothing_half_written(any_db):
    town = Town()
    service = make(TALK, town=town)
    say(any_db, service, "予約", "k1")
    say(any_db, service, "3", "k2")
    before = any_db.read(lambda tx: service.session_of(tx, "c1"))

    def broken(tx, context, args):
        raise RuntimeError("the calendar is on fire")

    town.book = broken
    service.bind_actions(town.actions)
    with pytest.raises(RuntimeError):
        say(any_db, service, "金曜", "k3")
    assert any_db.read(lambda tx: service.session_of(tx, "c1")) == before
    del town.book
    service.bind_actions(town.actions)
    assert say(any_db, service, "金曜", "k3") == ["金曜 3名 受付"]


def test_arguments_are_validated_without_showing_them(any_db):
    service = make(TALK.replace('"{party}"}', '"{day}"}'))
    say(any_db, service, "予約", "k1")
    say(any_db, service, "3", "k2")
    with pytest.raises(DefinitionError, match="GL-4107") as caught:
        say(any_db, service, "秘密", "k3")
    assert "秘密" not in str(caught.value)


def test_another_scenarios_word_leaves_a_question_but_not_a_free_text(any_db):
    service = make(TALK, PAY)
    say(any_db, service, "予約", "k1")
    assert say(any_db, service, "支払い", "k2") == ["お待ちします"]
    assert say(any_db, service, "予約", "k3") == ["何名ですか?"]
    say(any_db, service, "3", "k4")
    assert say(any_db, service, "支払い", "k5") == ["支払い 3名 受付"]


def test_postbacks_of_others_and_stale_taps(any_db):
    service = make(TALK, PAY)
    assert say(any_db, service, "", "k0", kind="postback", data="calendar:1") is None
    assert say(any_db, service, "", "k1", kind="postback", data="scn|facility|start") == ["何名ですか?"]
    assert say(any_db, service, "", "k2", kind="postback", data="calendar:1") is None
    assert say(any_db, service, "", "k3", kind="postback", data="scn|facility|1.abcdef|people|c0") == [
        "その選択肢は今は使えません。",
        "何名ですか?",
    ]
    assert say(any_db, service, "", "k4", kind="postback", data="scn|pay|start") == ["お待ちします"]
    say(any_db, service, "やめる", "k5")
    assert say(any_db, service, "", "k6", kind="postback", data="scn|facility|1.abcdef|people|c0") == [
        "この手続きは終了しました。"
    ]
    assert say(any_db, service, "", "k7", kind="follow") is None


def test_an_expired_talk_says_so_once(any_db, clock):
    service = make(TALK, PAY)
    say(any_db, service, "予約", "k1")
    clock.advance(timedelta(minutes=60))
    assert say(any_db, service, "3", "k2")[0].startswith("時間が空いたため")
    assert say(any_db, service, "3", "k3") is None
    say(any_db, service, "予約", "k4")
    clock.advance(timedelta(minutes=61))
    assert say(any_db, service, "支払い", "k5") == ["お待ちします"]


def test_an_expired_talk_of_a_lost_version_does_not_start_again(any_db, clock):
    service = make(TALK)
    say(any_db, service, "予約", "k1")
    clock.advance(timedelta(days=2))
    newer = make(TALK.replace("town.book", "town.pay").replace(', with: {party: "{party}"}', ""))
    newer._library.actions = {"town.pay": Town().actions["town.pay"]}
    assert say(any_db, newer, "3", "k2")[0].startswith("時間が空いたため")
    assert say(any_db, newer, "3", "k3") is None


def test_a_state_that_cannot_be_read_mutes_nobody(any_db, caplog):
    from sqlalchemy import update

    from govline.scenario._tables import sessions

    service = make(TALK)
    say(any_db, service, "予約", "k1")
    any_db.run(lambda tx: tx.connection.execute(update(sessions).values(state={"step": "people"})))
    assert say(any_db, service, "3", "k2") is None
    assert "cannot be read" in caplog.text
    assert "Traceback" not in caplog.text  # it would quote what the citizen answered
    assert say(any_db, service, "予約", "k3") == ["何名ですか?"]


def test_odd_characters_are_kept_or_replaced(any_db):
    service = make(TALK)
    say(any_db, service, "予約", "k1")
    say(any_db, service, "3", "k2")
    assert say(any_db, service, "\ud83c金曜🍎", "k3")[0].endswith("金曜🍎 3名 受付")


def test_an_individual_number_is_refused_before_it_is_stored(any_db):
    service = make(TALK)
    say(any_db, service, "予約", "k1")
    with pytest.raises(IndividualNumberRefused):
        say(any_db, service, "マイナンバーは 1234 5678 9018", "k2")
    held = any_db.read(lambda tx: service.session_of(tx, "c1"))
    assert len(any_db.read(lambda tx: service.turns_of(tx, held.id))) == 1


def effects(db, topic):
    from sqlalchemy import select

    from govline.store._tables import outbox

    chosen = select(outbox.c.payload).where(outbox.c.topic == topic).order_by(outbox.c.id)
    return db.run(lambda tx: [row.payload for row in tx.connection.execute(chosen)])


def test_an_awaited_event_goes_on_by_push(any_db):
    service = make(PAY)
    say(any_db, service, "支払い", "k1")
    settled = Event("payments.settled", Ref("payments.claim", "p1"), citizen="c1", data={"yen": 500})
    any_db.run(lambda tx: service.deliver(tx, Event("other", Ref("x", "y"), citizen="c1")))
    any_db.run(lambda tx: service.deliver(tx, settled))
    any_db.run(lambda tx: service.deliver(tx, settled))
    assert effects(any_db, "line.push") == [
        {"citizen": "c1", "messages": [{"type": "text", "text": "500円"}]}
    ]
    assert any_db.read(lambda tx: service.session_of(tx, "c1")) is None


def test_a_wait_ends_at_its_time(any_db, clock):
    from govline.store import schedules

    service = make(PAY)
    handler = ScenarioFeature().offers(service).effects["scenario.timeout"]
    say(any_db, service, "支払い", "k1")
    assert any_db.read(schedules.next_due) == clock.now() + timedelta(minutes=10)
    early = any_db.read(lambda tx: service.session_of(tx, "c1"))
    any_db.run(lambda tx: service.timed_out(tx, "c1", early.id))
    assert any_db.read(lambda tx: service.session_of(tx, "c1")) == early
    clock.advance(timedelta(minutes=10))
    assert schedules.fire(any_db).fired == 1
    (payload,) = effects(any_db, "scenario.timeout")
    any_db.run(lambda tx: handler.record(tx, payload, handler.run(payload, None)))
    assert [message["messages"][0]["text"] for message in effects(any_db, "line.push")] == ["期限切れ"]
    say(any_db, service, "支払い", "k2")
    say(any_db, service, "やめる", "k3")
    assert any_db.read(schedules.next_due) is None


def test_a_talk_started_by_the_town(any_db):
    service = make(TALK)

    def start(tx):
        return [message.to_line()["text"] for message in service.start(tx, "c9", "facility", key="s1")]

    assert any_db.run(start) == any_db.run(start) == ["何名ですか?"]
    assert say(any_db, service, "3", "k1", "c9") == ["いつですか?"]
    with pytest.raises(ConfigError, match="GL-4109"):
        any_db.run(lambda tx: service.start(tx, "c9", "nothing"))


def test_events_tell_beginning_and_end(any_db):
    from govline.core import Handler

    heard = []
    names = ("scenario.started", "scenario.finished")
    any_db.listen(
        [
            Handler(
                name,
                lambda _tx, event: heard.append((event.name, event.data.get("outcome", ""))),
                "same_tx",
            )
            for name in names
        ]
    )
    service = make(TALK)
    for text, key in (("予約", "k1"), ("予約", "k2"), ("やめる", "k3")):
        say(any_db, service, text, key)
    assert heard == [
        ("scenario.started", ""),
        ("scenario.finished", "replaced"),
        ("scenario.started", ""),
        ("scenario.finished", "cancelled"),
    ]


def test_erasing_and_purging_forget(any_db, clock):
    service = make(TALK, PAY)
    offers = ScenarioFeature().offers(service)
    for citizen in ("c1", "c2"):
        say(any_db, service, "支払い", f"{citizen}-1", citizen)
    any_db.run(lambda tx: offers.erase(tx, "c1"))
    assert any_db.read(lambda tx: service.session_of(tx, "c1")) is None
    assert [row["turns"] for row in any_db.read(offers.view)] == [1]
    assert "c2" not in str(any_db.read(offers.view))
    (tick,) = offers.ticks
    any_db.run(lambda tx: tick.run(tx, clock.now() + timedelta(days=90)))
    assert len(any_db.read(offers.view)) == 1
    any_db.run(lambda tx: tick.run(tx, clock.now() + timedelta(days=91)))
    assert any_db.read(offers.view) == []


def test_the_doctor_sees_two_contents_under_one_version(any_db):
    (check,) = ScenarioFeature().offers(make(TALK)).checks
    say(any_db, make(TALK), "予約", "k1")
    assert any_db.read(check.run) == []
    say(any_db, make(TALK.replace("何名", "何人")), "予約", "k2", "c2")
    assert len(any_db.read(check.run)) == 1


def test_actions_and_definitions_must_fit():
    with pytest.raises(DefinitionError, match="GL-4012"):
        ScenarioService([loads(TALK)]).bind_actions({})
    with pytest.raises(ConfigError, match="GL-4005"):
        ScenarioService([loads(TALK), loads(TALK)])
    with pytest.raises(ConfigError, match="GL-4006"):
        ScenarioService([loads(TALK), loads(PAY.replace("支払い", "ﾖﾔｸ, 予約"))])


def test_an_action_that_asks_needs_a_resume(any_db):
    service = ScenarioService([loads(PAY)])
    asks = Action("town.pay", NoArgs, frozenset({"ok"}), lambda *_: Ask([Line("?")]))
    service.bind_actions({"town.pay": asks})
    say(any_db, service, "支払い", "k1")
    with pytest.raises(DefinitionError, match="GL-4108"):
        say(any_db, service, "500", "k2")
