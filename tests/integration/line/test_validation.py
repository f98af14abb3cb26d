"""LINE's dry run through the port: everything wrong at once, nothing sent, and a clear error when LINE cannot be asked."""

import json

import pytest

from govline.core.messages import Text
from govline.errors import LineError
from govline.line import LineValidator

HELLO = [Text("こんにちは").to_line()]


@pytest.fixture
def validator(messenger):
    return LineValidator(lambda: messenger)


@pytest.mark.parametrize("call", ["reply", "push", "multicast", "narrowcast", "broadcast"])
def test_what_line_takes_has_no_reasons(line, validator, openapi, call):
    assert validator.validate(call, HELLO) == ()
    ((method, path, headers, body),) = line.requests
    assert path == f"/v2/bot/message/validate/{call}"
    assert json.loads(body) == {"messages": HELLO}
    openapi(method, path, headers, body)


def test_all_that_line_finds_wrong_comes_at_once(line, validator):
    details = [{"property": f"messages[{n}].text", "message": "too long"} for n in range(2)]
    line.say(400, "The request body has 2 error(s)", details=details)
    reasons = validator.validate("multicast", HELLO)
    assert [(reason.code, reason.text) for reason in reasons] == [
        ("GL-8025", "messages[0].text: too long"),
        ("GL-8025", "messages[1].text: too long"),
    ]


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_line_that_does_not_check_is_an_error(line, validator, status):
    line.say(status, "no")
    with pytest.raises(LineError, match=str(status)):
        validator.validate("push", HELLO)
