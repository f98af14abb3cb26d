"""Forms: bodies with limits, values by the fields that were asked, every mistake in plain words."""

from datetime import date

import pytest

from govline.core.pages import PageField
from govline.core.texts import Texts
from govline.errors import PageRefused
from govline.web.bodies import MOST_BODY, read_form, read_query
from govline.web.model import Ask, Kept
from govline.web.reading import check
from govline.web.texts import WEB_TEXTS

BOUND = "xYz"


def words(key, **values):
    return Texts(None, WEB_TEXTS).get(key, **values)


def ask(body, kind):
    return Ask("POST", "", "/", headers={"content-type": kind}, body=body)


def part(name, data, filename=None):
    more = f'; filename="{filename}"' if filename is not None else ""
    return (
        f'--{BOUND}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + data + b"\r\n"
    )


def multipart(*parts, end=True):
    body = b"".join(parts) + (f"--{BOUND}--\r\n".encode() if end else b"")
    return read_form(ask(body, f"multipart/form-data; boundary={BOUND}"))


def one(field, *texts, files=None):
    checked = check([field], Kept({field.name: tuple(texts)}, files or {}), words)
    return [reason.text for reason in checked.reasons] or checked.values[field.name]


def test_urlencoded_and_multipart_say_the_same():
    simple = read_form(ask(b"a=%E5%B1%B1&t=1&t=2", "application/x-www-form-urlencoded; charset=utf-8"))
    mixed = multipart(
        part("a", "山".encode()), part("t", b"1"), part("t", b"2"), part("f", b"\x00\xff", "夏.jpg")
    )
    assert dict(simple.texts) == dict(mixed.texts) == {"a": ("山",), "t": ("1", "2")}
    assert (mixed.files["f"].name, mixed.files["f"].data) == ("夏.jpg", b"\x00\xff")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"a=1", ""),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=xYz"),
        (part("a", b"1"), "multipart/form-data; boundary=xYz"),
        (b"&".join(b"a=1" for _ in range(600)), "application/x-www-form-urlencoded"),
        (b"".join(part("a", b"1") for _ in range(600)), "multipart/form-data; boundary=xYz"),
        (part("", b"1") + b"--xYz--\r\n", "multipart/form-data; boundary=xYz"),
        (
            b"--xYz\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--xYz--\r\n",
            "multipart/form-data; boundary=xYz",
        ),
    ],
)
def test_malformed_bodies_are_refused(body, kind):
    with pytest.raises(PageRefused) as caught:
        read_form(ask(body, kind))
    assert caught.value.code == "GL-8123"


def test_a_huge_body_is_refused():
    with pytest.raises(PageRefused) as caught:
        read_form(ask(b"a" * (MOST_BODY + 1), "application/x-www-form-urlencoded"))
    assert (caught.value.code, caught.value.status) == ("GL-8120", 413)


def test_a_query_of_too_many_names():
    assert read_query("a=1&a=2&b=") == {"a": "1", "b": ""}
    with pytest.raises(PageRefused):
        read_query("&".join("a=1" for _ in range(600)))


def test_values_of_every_kind():
    assert one(PageField("a", "名"), "  山田　太郎 ") == "山田 太郎"
    assert one(PageField("a", "文", "lines"), "一\r\n二") == "一\n二"
    assert one(PageField("a", "数", "integer", least=1, most=5000), "１,２００") == 1200
    assert one(PageField("a", "日", "date"), "2026/04/01") == date(2026, 4, 1)
    assert one(PageField("a", "択", "choice", choices={"x": "え"}), "x") == "x"
    assert one(PageField("a", "択", "choices", choices={"x": "え", "y": "わ"}), "y", "x", "y") == ("y", "x")
    assert one(PageField("a", "可", "flag"), "yes") is True
    assert one(PageField("a", "可", "flag")) is False
    assert one(PageField("a", "名")) is None


@pytest.mark.parametrize(
    ("field", "given", "said"),
    [
        (PageField("a", "名", required=True), " ", "入力してください"),
        (PageField("a", "名", most=3), "一二三四", "3文字以内"),
        (PageField("a", "名", least=3), "一", "3文字以上"),
        (PageField("a", "名"), "a\x00b", "使えない文字"),
        (PageField("a", "数", "integer"), "三つ", "数字"),
        (PageField("a", "数", "integer", least=1), "0", "1以上"),
        (PageField("a", "数", "integer", most=5), "6", "5以下"),
        (PageField("a", "日", "date"), "2026-02-30", "日付"),
        (PageField("a", "日", "date"), "来週", "日付"),
        (PageField("a", "択", "choice", choices={"x": "え"}), "z", "選択"),
        (PageField("a", "択", "choices", choices={"x": "え"}), "z", "選択"),
        (PageField("a", "択", "choices", required=True, choices={"x": "え"}), "", "選択"),
        (PageField("a", "可", "flag", required=True), "no", "チェック"),
        (PageField("a", "票", "file", required=True), "", "入力"),
    ],
)
def test_mistakes_are_said_in_words(field, given, said):
    (text,) = one(field, *([given] if given else []))
    assert said in text
    assert field.label in text


def test_an_individual_number_is_refused_and_not_repeated():
    checked = check([PageField("a", "備考")], Kept({"a": ("私の番号は 1234 5678 9018 です",)}), words)
    (reason,) = checked.reasons
    assert reason.code == "GL-0020"
    assert "9018" not in repr(checked)
    assert "9018" not in reason.text


def test_what_was_not_asked_is_not_taken():
    checked = check([PageField("a", "名")], Kept({"a": ("x",), "role": ("admin",)}), words)
    assert dict(checked.values) == {"a": "x"}
