"""Random definitions and random citizens: the engine answers everything, and its promises hold."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.core import Ask, Finished, Input, Place, TalkContext, Wait
from govline.core.messages import check_messages
from govline.scenario import Session, Turn, lint, replay, step
from govline.scenario.definition import Definition

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = ("a", "b", "c", "d", "f")
LABELS = ("はい", "いいえ", "次の人", "A地区", "やり直す")
target = st.sampled_from((*NAMES, "e"))
texts = st.sampled_from(("どうぞ", "{v} 様", "{w.label}{{x}}", "🍎" * 30))


def choices(minimum):
    return st.lists(
        st.tuples(st.sampled_from(LABELS), target),
        min_size=minimum,
        max_size=3,
        unique_by=lambda pair: pair[0],
    ).map(lambda pairs: [{"label": label, "to": to} for label, to in pairs])


asks = st.fixed_dictionaries(
    {
        "ask": texts,
        "type": st.sampled_from(("text", "integer", "date", "time")),
        "save": st.sampled_from(("v", "w")),
        "next": target,
        "choices": choices(0),
    }
)
says = st.fixed_dictionaries({"say": texts, "choices": choices(1)}, optional={"save": st.just("w")})
passes = st.fixed_dictionaries({"say": texts, "next": target})
branches = st.fixed_dictionaries(
    {
        "branch": st.lists(
            st.fixed_dictionaries(
                {
                    "if": st.sampled_from(
                        (
                            {"slot": "v", "eq": "x"},
                            {"slot": "v", "ge": 3},
                            {"slot": "w.label", "answered": True},
                        )
                    ),
                    "to": target,
                }
            ),
            min_size=1,
            max_size=2,
        ),
        "else": target,
    }
)
does = st.fixed_dictionaries(
    {
        "do": st.sampled_from(("t.ask", "t.done", "t.wait")),
        "with": st.just({"x": "{v}"}),
        "save": st.just("w"),
        "next": target,
        "timeout": target,
        "reversible": st.booleans(),
    }
)
steps = st.one_of(asks, says, passes, branches, does)
definitions = (
    st.fixed_dictionaries(dict.fromkeys(NAMES, steps))
    .map(
        lambda drawn: Definition.model_validate(
            {
                "scenario": "random",
                "start": "a",
                "slots": {"v": {}, "w": {}},
                "steps": {**drawn, "e": {"end": "ok", "say": "おわり"}},
            }
        )
    )
    .filter(lambda definition: not any(finding.code == "GL-4019" for finding in lint(definition)))
)
typed = st.sampled_from(
    (*LABELS, "3", "x", "12/1", "9:30", "戻る", "もどる", "最初から", "職員", "", "\ud83c", "{v}", "やめる")
)
inputs = st.one_of(
    typed.map(lambda text: Input("text", text)),
    st.text(max_size=8).map(lambda text: Input("text", text)),
    st.integers(0, 3).map(lambda number: ("tap", number)),
    st.sampled_from(("sticker", "image", "event", "timeout", "follow")).map(Input),
    st.just(Input("event", data="paid")),
    st.just(Input("location", place=Place(35.0, 139.0))),
    st.text(max_size=20).map(lambda data: Input("postback", data="scn|" + data)),
)


class Message:
    def to_line(self):
        return {"type": "text", "text": "えらんでください"}


def ask(call):
    if call.answer is None or call.answer.text == "x":
        return Ask([Message()], {"n": 1})
    return Finished("ok", {"label": "L"})


def wait(call):
    if call.answer is None:
        return Wait("paid", NOW + timedelta(minutes=3), [Message()])
    return Finished("timeout" if call.answer.kind == "timeout" else "ok", [1, 2])


ACTIONS = {"t.ask": ask, "t.done": lambda _call: Finished("ok", 5), "t.wait": wait}


def turns_of(definition, drawn):
    """Drive the talk; a finished one starts anew. Yields (session before, turn)."""
    session, last = None, ()
    for number, given_input in enumerate(drawn):
        now = NOW + timedelta(minutes=number)
        said = _tapped(last, given_input[1]) if isinstance(given_input, tuple) else given_input
        context = TalkContext(citizen="c", now=now, key=str(number))
        turn = step(definition, session, said, context, ACTIONS)
        yield session, turn
        session, last = turn.session, turn.messages or last


def _tapped(messages, number):
    items = [item for message in messages for item in message.get("quickReply", {}).get("items", ())]
    taps = [item["action"]["data"] for item in items if item["action"]["type"] == "postback"]
    return Input("postback", data=taps[number % len(taps)] if taps else "scn|x")


@settings(max_examples=150, deadline=None)
@given(definitions, st.lists(inputs, min_size=1, max_size=12))
def test_the_engine_answers_everything(definition, drawn):
    for before, turn in turns_of(definition, drawn):
        if turn.messages:
            check_messages(list(turn.messages))
        assert turn.finished == bool(turn.outcome)
        if turn.session is not None:
            assert Session.from_json(turn.session.to_json()) == turn.session
            assert turn.session.hash == definition.hash
        if before is not None and not turn.understood:
            assert turn.session is not None
            assert (turn.session.step, turn.session.slots, turn.session.history, turn.session.pending) == (
                before.step,
                before.slots,
                before.history,
                before.pending,
            )


@settings(max_examples=80, deadline=None)
@given(definitions, st.lists(inputs, min_size=1, max_size=12))
def test_a_replay_of_the_stored_turns_gives_the_same_session(definition, drawn):
    recorded = []
    for before, turn in turns_of(definition, drawn):
        if before is None:
            recorded = []
        recorded.append(Turn.from_json(turn.to_json()))
        session = replay(definition, recorded)
        assert session == turn.session


answers = st.one_of(
    st.integers(0, 3).map(lambda number: ("tap", number)),
    st.sampled_from(("3", "x", "12/1", "9:30", "次の人")).map(lambda text: Input("text", text)),
)


@settings(max_examples=100, deadline=None)
@given(definitions, st.lists(answers, min_size=4, max_size=10))
def test_back_after_an_answer_restores_the_session(definition, drawn):
    for before, turn in turns_of(definition, drawn):
        after = turn.session
        if before is None or after is None or before.pending or len(after.history) != len(before.history) + 1:
            continue
        context = TalkContext(citizen="c", now=turn.at, key="back")
        back = step(definition, after, Input("text", "戻る"), context, ACTIONS)
        if after.pending and (after.pending.event or after.pending.answers):
            continue
        assert back.session is not None
        assert (back.session.step, back.session.slots, back.session.history, back.session.page) == (
            before.step,
            before.slots,
            before.history,
            before.page,
        )
