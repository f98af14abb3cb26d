"""One turn after another, pure."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from govline.core import Ask, Finished, Input, Place, TalkContext, Wait
from govline.core.messages import check_messages
from govline.errors import DefinitionError, InputError
from govline.scenario import Session, Turn, load, loads, replay, step
from govline.scenario.definition import Definition

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FACILITY = """
scenario: play-facility
version: 3
start: menu
triggers: [予約]
staff: handover
steps:
  menu:   {say: "ご用件をお選びください", choices: {予約する: pick, 人数だけ: people}}
  pick:   {do: calendar.pick_slot, with: {calendar: copal}, save: slot, next: people}
  people: {ask: "何名ですか?", type: integer, between: [1, 10], save: party, next: confirm}
  confirm: {say: "{slot.label} {party}名でよろしいですか?", choices: {はい: book, いいえ: menu}}
  book:   {do: calendar.book, with: {slot: "{slot.id}", party: "{party}", note: "{party}名 {{}}"}, next: done, refused: sorry}
  done:   {end: booked, say: "予約しました"}
  sorry:  {say: "満員です", next: menu}
  handover: {end: staff, say: "電話でどうぞ"}
"""


class Said:
    def __init__(self, text):
        self.text = text

    def to_line(self):
        return {"type": "text", "text": self.text}


class Talk:
    """A citizen at the keyboard: every session goes through its JSON, every message through LINE's limits."""

    def __init__(self, definition, actions=None, now=NOW):
        self.definition = loads(definition) if isinstance(definition, str) else definition
        self.actions = actions or {}
        self.now = now
        self.session = None
        self.turns = []
        self.send(Input("text", "はじめ"))

    def send(self, given):
        given = evolve(given, key=f"k{len(self.turns)}")
        context = TalkContext(citizen="c", now=self.now, key=given.key)
        turn = step(self.definition, self.session, given, context, self.actions)
        if turn.messages:
            check_messages(list(turn.messages))
        self.session = turn.session and Session.from_json(turn.session.to_json())
        assert self.session == turn.session
        self.turns.append(turn)
        return turn

    def say(self, text):
        return self.send(Input("text", text))

    def tap(self, label):
        """Tap a quick reply of the latest turn that had one."""
        for turn in reversed(self.turns):
            for message in turn.messages:
                for item in message.get("quickReply", {}).get("items", ()):
                    if item["action"]["label"] == label:
                        return self.send(Input("postback", data=item["action"]["data"]))
        raise AssertionError(label)

    @property
    def texts(self):
        return [message["text"] for message in self.turns[-1].messages]

    @property
    def labels(self):
        return [item["action"]["label"] for item in self.turns[-1].messages[-1]["quickReply"]["items"]]


class Calendar:
    """Stands for a feature: picks by asking, books at once, remembers what it was told."""

    def __init__(self, outcome="ok"):
        self.outcome = outcome
        self.calls = []
        self.actions = {"calendar.pick_slot": self.pick, "calendar.book": self.book}

    def pick(self, call):
        self.calls.append(call)
        if call.answer is None:
            return Ask([Said("いつにしますか?")], {"asked": 1})
        if call.answer.text == "?":
            return Ask([Said("もう一度")], {"asked": call.state["asked"] + 1})
        return Finished("ok", {"id": "s1", "label": call.answer.text})

    def book(self, call):
        self.calls.append(call)
        return Finished(self.outcome, {"number": 7})


def test_books_from_menu_to_end():
    calendar = Calendar()
    talk = Talk(FACILITY, calendar.actions)
    assert talk.labels == ["予約する", "人数だけ"]
    talk.tap("予約する")
    assert talk.texts == ["いつにしますか?"]
    talk.say("9時")
    talk.say("３名")
    assert talk.texts == ["9時 3名でよろしいですか?"]
    turn = talk.tap("はい")
    assert (turn.finished, turn.outcome, talk.texts) == (True, "booked", ["予約しました"])
    call = calendar.calls[-1]
    assert dict(call.args) == {"slot": "s1", "party": 3, "note": "3名 {}"}
    assert call.context.key == "k4/0"
    assert (call.context.scenario, call.context.step) == ("play-facility", "book")


def test_a_typed_label_works_like_a_tap_whatever_its_width():
    talk = Talk("{scenario: a, start: s, steps: {s: {say: x, choices: {ハイ A: e}}, e: {end: ok}}}")
    assert talk.say("ﾊｲ ａ").finished


def test_a_refusal_leads_where_the_outcome_says():
    talk = Talk(FACILITY, Calendar("refused").actions)
    for text in ("予約する", "9時", "3", "はい"):
        talk.say(text)
    assert talk.texts == ["満員です", "ご用件をお選びください"]


@pytest.mark.parametrize("text", ["0", "11", "たくさん", "3.5", "", "1名様ですよ", "99999999999999999999"])
def test_a_wrong_number_is_asked_again(text):
    talk = Talk(FACILITY)
    talk.say("人数だけ")
    before = talk.session
    turn = talk.say(text)
    assert not turn.understood
    assert talk.texts[-1] == "何名ですか?"
    assert turn.session == before


@pytest.mark.parametrize("kind", ["sticker", "video", "audio", "file", "image", "location", "follow"])
def test_what_is_no_answer_brings_the_choices_again(kind):
    talk = Talk(FACILITY)
    turn = talk.send(Input(kind))
    assert not turn.understood
    assert talk.labels == ["予約する", "人数だけ"]


def test_back_restores_the_session_before_the_answer():
    talk = Talk(FACILITY)
    menu = talk.session
    talk.say("人数だけ")
    people = talk.session
    talk.say("3")
    assert talk.session.slots == {"party": 3}
    talk.say("戻る")
    assert talk.session == people
    talk.say("もどる")
    assert talk.session == menu
    talk.say("戻る")
    assert talk.texts == ["これより前には戻れません。", "ご用件をお選びください"]
    assert talk.session == menu


def test_back_into_an_action_asks_it_anew():
    calendar = Calendar()
    talk = Talk(FACILITY, calendar.actions)
    talk.say("予約する")
    asked = talk.session
    talk.say("?")
    talk.say("9時")
    talk.say("戻る")
    assert talk.session == asked
    talk.say("?")
    talk.say("戻る")
    assert (talk.texts, talk.session) == (["いつにしますか?"], asked)
    talk.say("戻る")
    assert talk.session.step == "menu"


def test_no_way_back_behind_what_was_done():
    text = """{scenario: a, start: q, steps: {
      q: {ask: x, save: n, next: do}, do: {do: town.act, next: r}, r: {ask: y, next: e}, e: {end: ok}}}"""
    acts = {"town.act": lambda _call: Finished()}
    talk = Talk(text, acts)
    talk.say("1")
    talk.say("戻る")
    assert talk.texts[0] == "これより前には戻れません。"
    looked_up = Talk(text.replace("next: r}", "next: r, reversible: true}"), acts)
    looked_up.say("1")
    looked_up.say("戻る")
    assert looked_up.texts == ["x"]


def test_restart_cancel_and_staff_work_everywhere():
    for prepare in ([], ["人数だけ"], ["予約する"], ["予約する", "9時", "3"]):
        talk = Talk(FACILITY, Calendar().actions)
        for text in prepare:
            talk.say(text)
        held = talk.session
        talk.say("最初から")
        assert (talk.session.step, talk.session.slots, talk.session.history) == ("menu", {}, ())
        talk.session = held
        assert (talk.say("やめる").outcome, talk.texts) == ("cancelled", ["手続きを終了しました。"])
        talk.session = held
        assert (talk.say("職員").outcome, talk.texts) == ("staff", ["電話でどうぞ"])


def test_staff_without_a_step_ends_the_talk():
    talk = Talk("{scenario: a, start: s, steps: {s: {ask: x, next: e}, e: {end: ok}}}")
    assert talk.say("職員に相談").outcome == "staff"


def test_a_stale_tap_is_recognised():
    talk = Talk(FACILITY)
    old = talk.turns[0].messages[-1]["quickReply"]["items"][1]["action"]["data"]
    talk.say("人数だけ")
    turn = talk.send(Input("postback", data=old))
    assert not turn.understood
    assert talk.texts == ["その選択肢は今は使えません。", "何名ですか?"]
    newer = Talk(FACILITY.replace("version: 3", "version: 4"))
    assert not newer.send(Input("postback", data=old)).understood


def test_a_changed_text_under_the_same_version_makes_old_taps_stale():
    talk = Talk(FACILITY)
    data = talk.turns[0].messages[-1]["quickReply"]["items"][0]["action"]["data"]
    assert data.startswith("scn|play-facility|3.")
    assert not Talk(FACILITY.replace("人数だけ", "人数")).send(Input("postback", data=data)).understood


def test_many_choices_turn_pages():
    choices = ", ".join(f"第{number}会場: e" for number in range(30))
    talk = Talk(
        f"{{scenario: a, start: s, steps: {{s: {{say: x, paging: true, choices: {{{choices}}}}}, e: {{end: ok}}}}}}"
    )
    assert talk.labels == [*(f"第{number}会場" for number in range(11)), "次へ"]
    talk.tap("次へ")
    assert talk.labels == [*(f"第{number}会場" for number in range(11, 22)), "前へ", "次へ"]
    talk.say("次へ")
    assert talk.labels == [*(f"第{number}会場" for number in range(22, 30)), "前へ"]
    talk.say("前へ")
    assert talk.session.page == 1
    assert talk.say("第29会場").finished


def test_a_session_is_over_when_its_time_is():
    talk = Talk(FACILITY.replace("version: 3", "version: 3\nexpires: 5"))
    assert talk.session.due == NOW + timedelta(minutes=5)
    talk.now += timedelta(minutes=5, microseconds=-1)
    talk.say("人数だけ")
    talk.now += timedelta(minutes=5)
    turn = talk.say("3")
    assert (turn.finished, turn.outcome) == (True, "expired")


@pytest.mark.parametrize(
    ("ask", "given", "value"),
    [
        ("type: date", Input("text", "2026年12月1日"), "2026-12-01"),
        ("type: date", Input("text", "12/1"), "2026-12-01"),
        ("type: date", Input("text", "１月５日"), "2027-01-05"),
        ("type: date", Input("text", "2月29日"), "2028-02-29"),
        ("type: time", Input("text", "午後3時半"), "15:30"),
        ("type: time", Input("text", "９：０５"), "09:05"),
        ("match: '[A-Z]{2}[0-9]+'", Input("text", " ＡＢ１２ "), "AB12"),
        ("between: [2, 3]", Input("text", "🍎"), "🍎"),
        ("type: integer", Input("text", "１，２００円"), 1200),
        ("type: integer", Input("text", "-3"), -3),
    ],
)
def test_answers_are_read_as_people_type_them(ask, given, value):
    talk = Talk(
        f"{{scenario: a, start: q, steps: {{q: {{ask: x, {ask}, save: v, next: r}}, r: {{ask: y, next: e}}, e: {{end: ok}}}}}}"
    )
    talk.send(given)
    assert talk.session.slots == {"v": value}


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        ("type: date", "2026-02-30"),
        ("type: date, between: [today, today+7]", "2026-11-19"),
        ("type: date, between: [today, today+7]", "2026-11-28"),
        ("type: time", "25:00"),
        ("type: time", "午後12時"),
        ("type: time, between: ['09:00', '17:00']", "8:59"),
        ("match: '[0-9]+'", "abc"),
        ("between: [1, 5]", "長すぎる文字"),
        ("type: text", "   "),
        ("type: text", "マイナンバーは 1234 5678 9018"),
        ("type: integer", "123456789018"),
        ("type: integer", "１２３４５６７８９０１８"),
        ("type: text", "あ" * 1001),
    ],
)
def test_what_does_not_fit_is_asked_again(ask, text):
    talk = Talk(f"{{scenario: a, start: q, steps: {{q: {{ask: x, {ask}, next: e}}, e: {{end: ok}}}}}}")
    assert not talk.say(text).understood


def test_the_picker_answers_a_date():
    talk = Talk(
        "{scenario: a, start: q, steps: {q: {ask: x, type: date, save: d, next: r}, r: {ask: '{d}', next: e}, e: {end: ok}}}"
    )
    action = talk.turns[0].messages[0]["quickReply"]["items"][0]["action"]
    assert (action["type"], action["mode"]) == ("datetimepicker", "date")
    talk.send(Input("postback", data=action["data"], params={"date": "2026-12-01"}))
    assert talk.texts == ["2026年12月1日(火)"]


def test_a_place_and_a_photo_only_when_the_town_says_that_they_are_nobodys():
    text = """{scenario: a, start: q, slots: {p: {type: location, data: public}, i: {type: image, data: public}},
      steps: {q: {ask: x, type: location, save: p, next: r}, r: {ask: "{p}", type: image, save: i, next: e}, e: {end: ok}}}"""
    talk = Talk(text)
    talk.send(Input("location", place=Place(35.0, 139.0, "橋", "1丁目")))
    assert talk.texts == ["橋"]
    assert [item["action"]["type"] for item in talk.turns[-1].messages[0]["quickReply"]["items"]] == [
        "camera",
        "cameraRoll",
    ]
    assert talk.send(Input("image", content_id="m1")).finished
    with pytest.raises(DefinitionError, match="GL-4021"):
        loads(text.replace("data: public", "data: personal"))
    with pytest.raises(DefinitionError, match="GL-4021"):
        loads("{scenario: a, start: q, steps: {q: {ask: x, type: location, next: e}, e: {end: ok}}}")


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ("eq: 3", 3, True),
        ("eq: 1", True, False),
        ("ne: 3", 3, False),
        ("lt: 3", 2, True),
        ("le: 3", 3, True),
        ("gt: 3", 3, False),
        ("ge: 3", 3, True),
        ("lt: 3", "2", False),
        ("gt: '2026-01-01'", "2026-11-20", True),
        ("in: [a, b]", "b", True),
        ("in: [1]", True, False),
        ("answered: true", "x", True),
        ("answered: true", None, False),
        ("answered: false", None, True),
        ("eq: null", None, True),
    ],
)
def test_branches_compare_like_with_like(condition, value, holds):
    text = f"""{{scenario: a, start: d, steps: {{d: {{do: t.x, save: v, next: b}},
      b: {{branch: [{{if: {{slot: v, {condition}}}, to: y}}], else: n}}, y: {{end: yes}}, n: {{end: no}}}}}}"""
    assert Talk(text, {"t.x": lambda _call: Finished("ok", value)}).turns[0].outcome == (
        "yes" if holds else "no"
    )


def test_all_conditions_of_a_case_must_hold():
    text = """{scenario: a, start: q, steps: {q: {ask: x, type: integer, save: v, next: b},
      b: {branch: [{if: [{slot: v, ge: 3}, {slot: v, le: 5}], to: y}], else: n}, y: {end: yes}, n: {end: no}}}"""
    assert [Talk(text).say(answer).outcome for answer in "2345"] == ["no", "yes", "yes", "yes"]
    assert Talk(text).say("6").outcome == "no"


def test_waiting_for_an_event_or_the_end_of_the_wait():
    text = "{scenario: a, start: p, steps: {p: {do: pay.wait, next: e, timeout: t}, e: {end: paid}, t: {end: late}}}"

    def wait(call):
        if call.answer is None:
            return Wait("paid", NOW + timedelta(minutes=10), [Said("お支払いください")])
        return Finished("timeout" if call.answer.kind == "timeout" else "ok")

    talk = Talk(text, {"pay.wait": wait})
    assert talk.session.due == NOW + timedelta(minutes=70)
    held = talk.session
    assert (talk.say("まだ?").understood, talk.texts) == (False, ["ただいま処理をお待ちしています。"])
    talk.say("戻る")
    assert talk.texts == ["ただいま処理をお待ちしています。"]
    assert not talk.send(Input("timeout")).finished
    assert not talk.send(Input("event", data="other")).finished
    assert talk.send(Input("event", data="paid")).outcome == "paid"
    talk.session, talk.now = held, NOW + timedelta(minutes=10)
    assert talk.send(Input("timeout")).outcome == "late"
    talk.session = held
    assert talk.say("やめる").outcome == "cancelled"


def test_a_wait_without_an_end_outlasts_the_talks_time():
    text = "{scenario: a, start: p, expires: 5, steps: {p: {do: pay.wait, next: e}, e: {end: paid}}}"
    talk = Talk(text, {"pay.wait": lambda call: Finished() if call.answer else Wait("paid")})
    assert talk.session.due is None
    talk.now += timedelta(days=30)
    assert talk.send(Input("event", data="paid")).outcome == "paid"


def test_an_action_cannot_change_the_slots_behind_the_talk():
    text = """{scenario: a, start: g, steps: {g: {do: t.get, save: v, next: s, reversible: true},
      s: {do: t.spoil, with: {v: "{v}"}, next: q}, q: {ask: x, next: e}, e: {end: ok}}}"""
    spoil = {
        "t.get": lambda _call: Finished("ok", {"n": [1]}),
        "t.spoil": lambda call: call.args["v"]["n"].append(2) or Finished(),
    }
    assert Talk(text, spoil).session.slots == {"v": {"n": [1]}}


def test_texts_beyond_five_are_joined():
    steps = "".join(f"s{n}: {{say: ['{n}a', '{n}b'], next: s{n + 1}}}, " for n in range(4))
    talk = Talk(f"{{scenario: a, start: s0, steps: {{{steps} s4: {{ask: q, next: e}}, e: {{end: ok}}}}}}")
    assert len(talk.texts) == 5
    assert "\n".join(talk.texts) == "0a\n0b\n1a\n1b\n2a\n2b\n3a\n3b\nq"


def test_a_long_answer_is_cut_where_line_would_refuse():
    text = "{scenario: a, start: q, steps: {q: {do: t.x, save: v, next: r}, r: {ask: '{v}', next: e}, e: {end: ok}}}"
    talk = Talk(text, {"t.x": lambda _call: Finished("ok", "🍎" * 3000)})
    assert talk.texts[0].endswith("…")
    assert Talk(text, {"t.x": lambda _call: Finished("ok", "")}).texts == ["…"]


def test_templates_reach_no_attributes():
    for hole in ("{v.__class__}", "{v.0}", "{v.missing.more}"):
        text = f"{{scenario: a, start: q, steps: {{q: {{ask: x, save: v, next: r}}, r: {{ask: 'a{hole}b', next: e}}, e: {{end: ok}}}}}}"
        talk = Talk(text)
        talk.say("{v}")
        assert talk.texts == ["ab"]
    with pytest.raises(DefinitionError, match="GL-4003"):
        loads("{scenario: a, start: q, steps: {q: {ask: '{v!r}', save: v, next: e}, e: {end: ok}}}")


def test_replay_calls_nothing_and_gives_the_same_session():
    calendar = Calendar()
    talk = Talk(FACILITY, calendar.actions)
    for text in ("予約する", "?", "9時", "x", "3", "戻る", "4"):
        talk.say(text)
        calls = len(calendar.calls)
        turns = [Turn.from_json(turn.to_json()) for turn in talk.turns]
        assert replay(talk.definition, turns, new_id="k0") == talk.session
        assert len(calendar.calls) == calls
    with pytest.raises(InputError, match="GL-4106"):
        replay(talk.definition, [evolve(turn, results=()) for turn in talk.turns])


def test_a_loop_without_input_is_stopped():
    text = "{scenario: a, start: s, steps: {s: {do: t.x, next: s}}}"
    with pytest.raises(DefinitionError, match="GL-4102"):
        Talk(text, {"t.x": lambda _call: Finished()})


def test_errors_of_actions_are_clear():
    text = "{scenario: a, start: s, steps: {s: {do: t.x, next: e}, e: {end: ok}}}"
    with pytest.raises(DefinitionError, match="GL-4103"):
        Talk(text)
    with pytest.raises(DefinitionError, match="GL-4103"):
        Talk(text, {"t.x": lambda _call: Finished("surprise")})
    said_raw = Finished("ok", None, [{"type": "text", "text": "x"}])
    for wrong in (Finished("ok", object()), Finished("ok", float("nan")), said_raw, None, "ok"):
        with pytest.raises(InputError, match="GL-4104"):
            Talk(text, {"t.x": lambda _call, wrong=wrong: wrong})
    flood = [Said(str(n)) for n in range(5)]
    many = {
        "t.x": lambda _call: Finished(
            "ok", None, [type("Pic", (), {"to_line": lambda _self: {"type": "image"}})()] * 6
        )
    }
    assert len(Talk(text, {"t.x": lambda _call: Finished("ok", None, flood)}).texts) == 5
    with pytest.raises(DefinitionError, match="GL-4105"):
        Talk(text, many)


def test_a_session_of_another_definition_is_refused():
    talk = Talk(FACILITY)
    other = loads(FACILITY.replace("何名", "何人"))
    context = TalkContext(citizen="c", now=NOW)
    with pytest.raises(InputError, match="GL-4101"):
        step(other, talk.session, Input("text", "x"), context)
    with pytest.raises(InputError, match="GL-4101"):
        step(talk.definition, evolve(talk.session, step="gone"), Input("text", "x"), context)
    with pytest.raises(InputError, match="GL-4101"):
        step(talk.definition, evolve(talk.session, step="pick"), Input("text", "x"), context)
    with pytest.raises(InputError, match="GL-4100"):
        Session.from_json('{"step": "menu"}')


def test_values_show_no_answers_in_their_repr():
    talk = Talk(FACILITY)
    talk.say("人数だけ")
    talk.say("7")
    assert "party" not in repr(talk.session)
    assert "party" not in repr(talk.turns[-1])
    assert "人数だけ" not in repr(talk.turns[-2])


def test_the_canonical_form_is_the_same_definition(tmp_path):
    definition = loads(FACILITY)
    again = Definition.model_validate_json(definition.canonical)
    assert (again.hash, again.compiled.hash) == (definition.hash, definition.hash)
    assert list(again.compiled.nodes["menu"].choices) == list(definition.compiled.nodes["menu"].choices)
    (tmp_path / "a.yaml").write_text(FACILITY, encoding="utf-8")
    assert load(tmp_path / "a.yaml").hash == definition.hash == loads(definition.canonical).hash
