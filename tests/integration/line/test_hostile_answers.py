"""Whatever stands in LINE's answer, every call of ours ends: a value, or an error with a code, and nobody's id in it."""

import json
from functools import partial

import pytest

from govline.core import Dead, Done, Retry, Unknown
from govline.errors import LineError
from govline.line.account import AccountClient
from govline.line.outcomes import judge

ANN = "U" + "a" * 32
TEXT = [{"type": "text", "text": "hi"}]
KEY = "018f3b1e-0000-7000-8000-000000000001"
MENU = {
    "size": {"width": 2500, "height": 843},
    "selected": False,
    "name": "m",
    "chatBarText": "m",
    "areas": [],
}

SENDS = {
    "reply": lambda line: line.reply("t" * 32, TEXT),
    "push": lambda line: line.push(ANN, TEXT, retry_key=KEY),
    "multicast": lambda line: line.multicast([ANN], json.dumps(TEXT).encode(), retry_key=KEY),
    "broadcast": lambda line: line.post("broadcast", b'{"messages":[]}', retry_key=KEY),
    "link_menu": lambda line: line.link_menu(ANN, "richmenu-1"),
    "unlink_menu": lambda line: line.unlink_menu(ANN),
    "validate": lambda line: line.validate("push", TEXT),
}
ASKS = {
    "profile": lambda line: line.profile(ANN),
    "content": lambda line: line.content("1"),
    "quota": lambda line: line.quota(),
    "bot": lambda line: line.bot(),
    "webhook_endpoint": lambda line: line.webhook_endpoint(),
    "menus": lambda line: line.menus(),
    "create_menu": lambda line: line.create_menu(MENU),
    "delete_menu": lambda line: line.delete_menu("richmenu-1"),
    "has_menu_image": lambda line: line.has_menu_image("richmenu-1"),
    "set_menu_image": lambda line: line.set_menu_image("richmenu-1", b"png", "image/png"),
    "set_default_menu": lambda line: line.set_default_menu("richmenu-1"),
}
QUESTIONS = {
    "followers": lambda account: account.followers(),
    "test_webhook": lambda account: account.test_webhook(),
    "liff_apps": lambda account: account.liff_apps(),
    "default_menu": lambda account: account.default_menu(),
}


def answer(status, body, kind="application/json", *, length=None, more=""):
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {size}\r\n{more}connection: close\r\n\r\n"
    return head.encode() + body


DEEP = b"[" * 5_000 + b"]" * 5_000
BODIES = {
    "nothing": b"",
    "no json": b"{",
    "half a letter": b'{"message": "\xe3\x81',
    "html": b"<!doctype html><title>Service Unavailable</title>" + ANN.encode(),
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "wrong types": json.dumps(
        {"message": {"a": 1}, "details": "x", "userIds": 7, "apps": {"a": 1}, "richmenus": 3, "value": "x"}
    ).encode(),
    "wrong inside": json.dumps(
        {
            "message": 7,
            "details": [7, {"message": [1]}],
            "userIds": [{}],
            "apps": [7, {"view": "x"}],
            "statusCode": "x",
        }
    ).encode(),
    "deep": DEEP,
    "huge": b'{"message": "' + b"x" * 1_000_000 + b'"}',
    "huge number": b'{"statusCode": ' + b"9" * 5_000 + b', "value": 1e999}',
    "half an emoji": b'{"message": "\\ud83d", "richMenuId": "\\ud83d", "userIds": ["\\ud83d"]}',
}
WIRES = {
    **{f"200 {name}": answer(200, body) for name, body in BODIES.items()},
    **{f"500 {name}": answer(500, body) for name, body in BODIES.items()},
    "400 html": answer(400, BODIES["html"], "text/html"),
    "429 html": answer(429, BODIES["html"], "text/html; charset=euc-jp"),
    "200 another charset": answer(200, "{}".encode("utf-16"), "application/json; charset=utf-16"),
    "200 unheard of charset": answer(200, b"{}", "application/json; charset=klingon"),
    "500 unheard of charset": answer(500, b"\xff\xfe", "text/html; charset=klingon"),
    "200 cut short": answer(200, b'{"sentMessages"', length=5_000),
    "500 cut short": answer(500, b"<html>", length=5_000),
    "200 zipped and is not": answer(200, b"{}", more="content-encoding: gzip\r\n"),
    "409 without an id": answer(409, b""),
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "a bad chunk": b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "half a head": b"HTTP/1.1 200 X\r\ncontent-",
}


@pytest.fixture(params=WIRES)
def wire(request, line):
    line.raw = WIRES[request.param]
    return request.param


def test_every_send_ends_with_a_fate(messenger, wire):
    for name, send in SENDS.items():
        heard = send(messenger)
        fate = judge(heard)
        assert isinstance(fate, Done | Retry | Dead | Unknown), name
        assert ANN not in repr(heard) + repr(fate), name
        if wire.startswith("200 ") and heard.status == 200:
            assert heard.ok, name  # the status says that it was accepted: a retry would send it twice
        elif wire.startswith("500 "):
            assert isinstance(fate, Retry), name


def refusal(ask):
    """How a question ended; any other exception than ours ends the test."""
    try:
        ask()
    except LineError as error:
        return str(error)
    return "GL-8 answered"


def test_every_question_ends_with_an_answer_or_an_error_with_a_code(messenger, wire):
    ended = {name: refusal(partial(ask, messenger)) for name, ask in ASKS.items()}
    assert {said[:4] for said in ended.values()} == {"GL-8"}
    assert ANN not in str(ended)


def test_every_question_about_the_account_ends_likewise(line, wire):
    account = AccountClient("t", host=line.host, timeout=(1.0, 2.0))
    ended = {name: refusal(partial(ask, account)) for name, ask in QUESTIONS.items()}
    account.close()
    assert {said[:4] for said in ended.values()} == {"GL-8"}
    assert ANN not in str(ended)


def test_an_answer_that_never_ends_is_left_alone(deaf):
    """Headers and a body that never come: the time-out ends the call, and what was sent is tried under the same key."""
    assert isinstance(judge(deaf.push(ANN, TEXT, retry_key=KEY)), Retry)
    with pytest.raises(LineError):
        deaf.quota()
