"""LINE messages: plain JSON out, every limit at its border, errors that name the field and hold no text."""

import json
from datetime import date, datetime, time
from types import MappingProxyType

import pytest
from attrs import evolve

from govline.core.messages import (
    LIMITS,
    AskCamera,
    AskLocation,
    AskPhotos,
    Buttons,
    Carousel,
    Column,
    Confirm,
    Copy,
    Flex,
    Image,
    Location,
    Open,
    PickDate,
    Postback,
    QuickReply,
    Raw,
    Say,
    Sender,
    Sticker,
    SwitchMenu,
    Text,
    Video,
    check_messages,
    choices,
    render,
)
from govline.errors import MessageError

APPLE = "🍎"


def field_of(make):
    with pytest.raises(MessageError) as caught:
        make()
    assert caught.value.code == "GL-0010"
    return caught.value.place["field"]


def template(**body):
    return {"type": "template", "altText": "alt", "template": body}


SAY = {"type": "message", "label": "はい", "text": "はい"}


def test_text_with_quick_replies_becomes_plain_json():
    line = Text("ご用件は?", choices(["予約する", "やめる"])).to_line()
    assert line == {
        "type": "text",
        "text": "ご用件は?",
        "quickReply": {
            "items": [
                {"type": "action", "action": {"type": "message", "label": label, "text": label}}
                for label in ("予約する", "やめる")
            ]
        },
    }


def test_quick_replies_are_taken_as_text_action_or_item():
    items = Text(
        "?", quick=["はい", AskLocation("場所"), QuickReply(AskCamera("写す"), "https://a.example/i.png")]
    )
    line = items.to_line()["quickReply"]["items"]
    assert [item["action"]["type"] for item in line] == ["message", "location", "camera"]
    assert line[2]["imageUrl"] == "https://a.example/i.png"


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (lambda size: Text("あ" * size), 5_000),
        (lambda size: Text("x", [Say("あ" * size, "x")]), 20),
        (lambda size: Say("x", "あ" * size), 300),
        (lambda size: Postback("x", "d" * size), 300),
        (lambda size: Postback("x", "d", "あ" * size), 300),
        (lambda size: Postback("x", "d", fill_in="あ" * size), 300),
        (lambda size: Open("x", "https://e/" + "a" * (size - 10)), 1_000),
        (lambda size: Copy("x", "あ" * size), 1_000),
        (lambda size: PickDate("x", "d" * size), 300),
        (lambda size: SwitchMenu("x", "a" * size, "d"), 32),
        (lambda size: Buttons("あ" * size, [Say("x")], alt="a"), 160),
        (lambda size: Buttons("あ" * size, [Say("x")], title="t"), 60),
        (lambda size: Buttons("x", [Say("x")], title="あ" * size), 40),
        (lambda size: Buttons("x", [Say("x")], alt="あ" * size), 400),
        (lambda size: Confirm("あ" * size, Say("y"), Say("n")), 240),
        (lambda size: Carousel([Column("あ" * size, [Say("x")])]), 120),
        (lambda size: Carousel([Column("あ" * size, [Say("x")], image="https://e/i.png")]), 60),
        (lambda size: Location("あ" * size, "x", 35.0, 135.0), 100),
        (lambda size: Location("x", "あ" * size, 35.0, 135.0), 100),
        (lambda size: Text("x", sender=Sender("あ" * size)), 20),
        (lambda size: Image("https://e/" + "a" * (size - 10)), 2_000),
        (lambda size: Text("x", [QuickReply(Say("x"), "https://e/" + "a" * (size - 10))]), 2_000),
    ],
)
def test_every_length_is_allowed_at_its_limit_and_refused_one_above(make, limit):
    make(limit)
    with pytest.raises(MessageError) as caught:
        make(limit + 1)
    assert (caught.value.place["limit"], caught.value.place["actual"]) == (limit, limit + 1)
    assert "ああ" not in str(caught.value)


def test_lengths_count_utf16_code_units():
    Text(APPLE * 2_500)
    with pytest.raises(MessageError) as caught:
        Text(APPLE * 2_500 + "a")
    assert caught.value.place == {"field": "text", "limit": 5_000, "actual": 5_001}


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Text(""), "text"),
        (lambda: Text("a\ud83c"), "text"),
        (lambda: Text("x", [Say(str(n)) for n in range(14)]), "quickReply.items"),
        (lambda: Buttons("x", []), "template.actions"),
        (lambda: Buttons("x", [Say(str(n)) for n in range(5)]), "template.actions"),
        (lambda: Buttons("x", [AskLocation("場所")]), "template.actions[0].type"),
        (lambda: QuickReply(SwitchMenu("x", "menu", "d")), "action.type"),
        (lambda: Carousel([]), "template.columns"),
        (lambda: Carousel([Column("x", [Say("a")])] * 11), "template.columns"),
        (lambda: Carousel([Column("x", [Say("a")] * 4)]), "template.columns[0].actions"),
        (
            lambda: Carousel([Column("x", [Say("a")]), Column("x", [Say("a")] * 2)]),
            "template.columns[1].actions",
        ),
        (
            lambda: Carousel([Column("x", [Say("a")]), Column("x", [Say("a")], title="t")]),
            "template.columns[1].title",
        ),
        (
            lambda: Carousel(
                [Column("x", [Say("a")]), Column("x", [Say("a")]), Column("y" * 121, [Say("a")])]
            ),
            "template.columns[2].text",
        ),
        (lambda: Location("x", "y", 91, 0), "latitude"),
        (lambda: Location("x", "y", float("nan"), 0), "latitude"),
        (lambda: Location("x", "y", 0, True), "longitude"),
        (lambda: Image("http://e/i.png"), "originalContentUrl"),
        (lambda: Video("https://e/v.mp4", ""), "previewImageUrl"),
        (lambda: Sticker("", "1"), "packageId"),
        (lambda: Open("x", "javascript:alert(1)"), "uri"),
        (lambda: Open("x", "https://e/a b"), "uri"),
        (lambda: Open("", "https://e/"), "label"),
        (lambda: PickDate("x", "d", "date", "2026-13-01"), "initial"),
        (lambda: PickDate("x", "d", "time", "2026-01-01"), "initial"),
        (lambda: PickDate("x", "d", "date", "2026-01-01", min="2026-02-01"), "min"),
        (lambda: PickDate("x", "d", "date", min="2026-02-01", max="2026-02-01"), "min"),
        (lambda: PickDate("x", "d", "date", max="2101-01-01"), "max"),
        (lambda: PickDate("x", "d", "week"), "mode"),
        (lambda: Postback("x", "d", option="dance"), "inputOption"),
        (lambda: Raw({"type": "hologram"}), "type"),
        (lambda: Raw({}), "type"),
        (lambda: Raw({"type": "text", "text": float("nan")}), "contents"),
        (lambda: Raw({"type": "text", "text": b"x"}), "contents"),
        (lambda: Raw({"type": "image", "originalContentUrl": "https://e/"}), "previewImageUrl"),
        (lambda: Raw({"type": "audio", "originalContentUrl": "https://e/a.m4a"}), "duration"),
        (lambda: Raw({"type": "coupon", "couponId": "c", "deliveryTag": "t" * 31}), "deliveryTag"),
        (lambda: Raw({"type": "text", "text": "$", "emojis": [{}] * 21}), "emojis"),
        (
            lambda: Raw({"type": "textV2", "text": "x", "substitution": {"a": {"type": "song"}}}),
            "substitution.a.type",
        ),
        (
            lambda: Raw(template(type="buttons", text="x", actions=[{**SAY, "label": "x" * 21}])),
            "template.actions[0].label",
        ),
        (
            lambda: Raw(template(type="buttons", text="x", actions=[{"type": "fly"}])),
            "template.actions[0].type",
        ),
        (lambda: Raw(template(type="confirm", text="x", actions=[SAY])), "template.actions"),
        (
            lambda: Raw(
                template(
                    type="image_carousel",
                    columns=[{"imageUrl": "https://e/", "action": {**SAY, "label": "あ" * 13}}],
                )
            ),
            "template.columns[0].action.label",
        ),
        (lambda: Raw(template(type="poster")), "template.type"),
        (
            lambda: Raw(
                {
                    "type": "imagemap",
                    "baseUrl": "https://e/m",
                    "altText": "a",
                    "baseSize": {"width": 1040, "height": 1040},
                    "actions": [{"type": "message", "text": "x" * 401, "area": {}}],
                }
            ),
            "actions[0].text",
        ),
    ],
)
def test_an_error_names_the_field(make, field):
    assert field_of(make) == field


def bubble(*contents):
    return {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": list(contents)}}


@pytest.mark.parametrize(
    ("contents", "field"),
    [
        ({"type": "poster"}, "contents.type"),
        ({"type": "carousel", "contents": [bubble()] * 13}, "contents.contents"),
        ({"type": "carousel", "contents": []}, "contents.contents"),
        ({"type": "carousel", "contents": [bubble(), {"type": "box"}]}, "contents.contents[1].type"),
        (bubble({"type": "text"}), "contents.body.contents[0].text"),
        (bubble({"type": "song"}), "contents.body.contents[0].type"),
        (bubble({"type": "image", "url": "http://e/"}), "contents.body.contents[0].url"),
        (bubble({"type": "box", "layout": "round", "contents": []}), "contents.body.contents[0].layout"),
        (bubble({"type": "box", "layout": "vertical"}), "contents.body.contents[0].contents"),
        (
            bubble({"type": "button", "action": {"type": "uri", "uri": "https://e/"}}),
            "contents.body.contents[0].action.label",
        ),
        (
            bubble({"type": "text", "text": "x", "action": {"type": "uri", "uri": "ftp://e/"}}),
            "contents.body.contents[0].action.uri",
        ),
        (bubble({"type": "text", "text": "あ" * 10_240}), "contents"),
        ({"type": "carousel", "contents": [bubble({"type": "text", "text": "あ" * 6_000})] * 3}, "contents"),
    ],
)
def test_flex_contents_are_checked_through_the_whole_tree(contents, field):
    assert field_of(lambda: Flex("お知らせ", contents)) == field


def test_a_deep_flex_tree_is_refused_and_not_a_crash():
    box = {"type": "box", "layout": "vertical", "contents": []}
    for _ in range(5_000):
        box = {"type": "box", "layout": "vertical", "contents": [box]}
    assert field_of(lambda: Flex("x", {"type": "bubble", "body": box})) == "contents"


def test_good_messages_pass_and_are_json():
    flex = {
        "type": "carousel",
        "contents": [
            bubble(
                {"type": "text", "text": "可燃ごみ"},
                {"type": "button", "action": {**SAY, "label": "あ" * 40}},
            )
        ]
        * 12,
    }
    messages = [
        Buttons(
            "選んでください",
            [Say("はい"), Postback("いいえ", "no", "いいえ")],
            title="予約",
            default=Open("詳しく", "https://e/"),
        ),
        Carousel([Column("第1会場", [Open("電話", "tel:0966123456")], image="https://e/1.png")] * 10),
        Flex("お知らせ", MappingProxyType(flex)),
        Raw({"type": "textV2", "text": "{e}", "substitution": {"e": {"type": "emoji"}}}, quick=["はい"]),
        Confirm("よろしいですか?", Say("はい"), Say("いいえ"), quick=[AskPhotos("写真")]),
    ]
    lines = render(messages)
    assert json.loads(json.dumps(lines)) == lines
    assert lines[0]["altText"] == "予約\n選んでください"
    assert lines[3]["quickReply"]["items"][0]["action"]["text"] == "はい"


def test_a_message_does_not_change_with_what_it_was_made_from():
    contents = bubble()
    message = Flex("x", contents)
    contents["body"]["contents"].append({"type": "song"})
    message.to_line()["contents"]["type"] = "poster"
    assert message.to_line()["contents"] == bubble()


@pytest.mark.parametrize("value", [[], [{"type": "text", "text": "x"}] * 6, None, "x", {}])
def test_a_call_holds_one_to_five_messages(value):
    assert field_of(lambda: check_messages(value)) == "messages"


def test_a_list_is_checked_with_its_index_and_a_maximum():
    good = {"type": "text", "text": "x"}
    check_messages([good] * 5)
    assert field_of(lambda: check_messages([good, "x"])) == "messages[1]"
    assert field_of(lambda: check_messages([good] * 2, 1)) == "messages"
    assert field_of(lambda: check_messages([good, {"type": "text"}])) == "messages[1].text"


def test_unconfirmed_limits_can_be_changed():
    wide = evolve(LIMITS, alt_text=1_500, media_schemes=frozenset({"https", "http"}))
    long = Flex("あ" * 1_500, bubble(), limits=wide)
    check_messages([long.to_line()], limits=wide)
    assert field_of(lambda: check_messages([long.to_line()])) == "messages[0].altText"
    Image("http://127.0.0.1:8000/i.png", limits=wide)


def test_choices_cut_the_label_and_keep_the_words():
    (reply,) = choices(["子育て世代包括支援センターへの相談を予約する"])
    assert reply.action.label == "子育て世代包括支援センターへの相談を予…"
    assert reply.action.text == "子育て世代包括支援センターへの相談を予約する"
    (reply,) = choices({"予約する": "v1|book"})
    assert reply.to_line()["action"] == {
        "type": "postback",
        "label": "予約する",
        "data": "v1|book",
        "displayText": "予約する",
    }


def test_choices_that_look_the_same_or_are_too_many_are_refused():
    assert field_of(lambda: choices(["Ａ", "A"])) == "quickReply.items"
    assert field_of(lambda: Text("x", "はい")) == "quickReply.items"
    assert field_of(lambda: choices(["あ" * 20 + "い", "あ" * 20 + "う"])) == "quickReply.items"
    assert field_of(lambda: choices([str(number) for number in range(14)])) == "quickReply.items"


def test_the_date_picker_takes_python_values():
    picker = PickDate("日付", "d", "date", date(2026, 11, 22), min=date(2026, 11, 1), max=date(2026, 12, 1))
    assert picker.to_line()["initial"] == "2026-11-22"
    assert PickDate("時刻", "d", "time", time(9, 5)).to_line()["initial"] == "09:05"
    moment = PickDate("日時", "d", "datetime", datetime(2026, 11, 22, 9, 5))
    assert moment.to_line()["initial"] == "2026-11-22t09:05"


def test_messages_are_values():
    assert Text("x", ["はい"]) == Text("x", ["はい"])
    assert hash(Text("x")) == hash(Text("x"))
    assert Flex("x", bubble()) == Flex("x", bubble())
    hash(Flex("x", bubble()))


def test_a_mode_that_is_no_text_is_refused_like_any_other():
    action = {"type": "datetimepicker", "label": "x", "data": "d", "mode": ["date"]}
    with pytest.raises(MessageError, match="unknown mode"):
        check_messages(
            [{"type": "text", "text": "a", "quickReply": {"items": [{"type": "action", "action": action}]}}]
        )
