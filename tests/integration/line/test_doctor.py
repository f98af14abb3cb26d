"""What `govline doctor --line` finds at a simulated LINE: each finding has its code and its remedy."""

from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from govline.line import AccountClient, SdkMessenger, diagnose
from govline.line.messenger import Bot, Quota, WebhookEndpoint
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.simulator.server import serve

BOT = ChannelSettings().bot_user_id


@pytest.fixture
def at_line(clock):
    """Runs the doctor against an account with these settings and a town that answers with this status."""

    def run(status=200, *, destination=BOT, webhook=True, login=None, menu=False, **settings):
        async def hook(_request):
            return Response(status_code=status)

        channel = ChannelSettings(**settings)
        world = LineWorld(clock=clock, channels=[channel])
        app = Starlette(routes=[Route("/line/webhook", hook, methods=["POST"])])
        with Simulator(world).serve() as url, serve(app) as town:
            if webhook:
                world.set_webhook(town + "/line/webhook")
            messenger = SdkMessenger(channel.token, host=url)
            account = AccountClient(channel.token, host=url)
            liff = AccountClient(login, host=url) if login else None
            found = diagnose(messenger, destination, account=account, login=liff, menu=menu)
            for each in filter(None, (messenger, account, liff)):
                each.close()
        return found

    return run


def codes(found):
    assert all(each.text and each.remedy and str(each).startswith(each.code) for each in found)
    return [each.code for each in found]


def test_a_sound_account(at_line):
    assert at_line() == []
    assert at_line(login=ChannelSettings().login_token, liff=("https://town.example/form",)) == []


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ({"webhook": False}, ["GL-8045"]),
        ({"status": 401}, ["GL-8046"]),
        ({"status": 500}, ["GL-8046"]),
        ({"destination": "U" + "9" * 32}, ["GL-8043"]),
        ({"verified": False}, ["GL-8048"]),
        ({"quota": 0}, ["GL-8047"]),
        ({"menu": True}, ["GL-8049"]),
        ({"login": ChannelSettings().login_token}, ["GL-8050"]),
        (
            {"login": ChannelSettings().login_token, "liff": ("http://town.example/a", "https://x.example/")},
            ["GL-8050"],
        ),
        ({"login": "wrong"}, ["GL-8042"]),
    ],
)
def test_what_it_finds(at_line, how, expected):
    assert codes(at_line(**how)) == expected


class Said:
    """What LINE says about an account; the simulator's accounts are all well in these points."""

    def __init__(
        self, *, chat_mode="bot", active=True, url="https://town.example/line/webhook", limit=None, used=0
    ):
        self._bot = Bot(BOT, "@hinata", chat_mode, "ひなた町")
        self._endpoint = WebhookEndpoint(url, active)
        self._quota = Quota(limit, used)

    def bot(self):
        return self._bot

    def webhook_endpoint(self):
        return self._endpoint

    def quota(self):
        return self._quota


@pytest.mark.parametrize(
    ("how", "expected", "words"),
    [
        ({}, [], ""),
        ({"chat_mode": "chat"}, ["GL-8044"], "chat is on"),
        ({"active": False}, ["GL-8045"], "switched off"),
        ({"url": ""}, ["GL-8045"], "no webhook URL"),
        ({"url": "http://town.example/line/webhook"}, ["GL-8045"], "not https"),
        ({"limit": 1000, "used": 901}, ["GL-8047"], "99 of this month's 1000"),
        ({"limit": 1000, "used": 900}, [], ""),
        ({"limit": 1000, "used": 2000}, ["GL-8047"], "used up"),
    ],
)
def test_what_an_account_says_of_itself(how, expected, words):
    found = diagnose(Said(**how), BOT)
    assert codes(found) == expected
    assert words in "".join(map(str, found))


def test_a_secret_that_does_not_fit_is_named(at_line):
    (found,) = at_line(status=401)
    assert "channel secret" in found.remedy


def test_line_out_of_reach_is_one_finding(nobody):
    account = AccountClient("t", host="http://127.0.0.1:9", timeout=(0.5, 0.5))
    (found,) = diagnose(nobody, account=account, menu=True)
    assert found.code == "GL-8040"
    assert "cannot be reached" in found.text
    account.close()


def test_an_answer_that_is_no_json_is_a_finding(line, messenger):
    line.answers.append((200, {}, b"<html>a proxy</html>"))
    (found,) = diagnose(messenger)
    assert found.code in {"GL-8040", "GL-8041"}
    account = AccountClient("t", host=line.host)
    line.answers.append((200, {}, b"<html>"))
    with pytest.raises(Exception, match="unreadable"):
        account.default_menu()
    account.close()


def test_the_liff_answer_is_lines_shape(clock, data_folder):
    import openapi_schema_validator
    import urllib3
    import yaml

    spec = yaml.safe_load((data_folder / "line-openapi" / "liff.yml").read_text("utf-8"))
    schema = {"$ref": "#/components/schemas/GetAllLiffAppsResponse", "components": spec["components"]}
    settings = ChannelSettings(liff=("https://town.example/",))
    world = LineWorld(clock=clock, channels=[settings])
    calls = SimpleNamespace(liff="/liff/v1/apps", info="/v2/bot/info")
    with Simulator(world).serve() as url, urllib3.PoolManager(retries=False) as http:
        asked = {"authorization": f"Bearer {settings.login_token}"}
        answer = http.request("GET", url + calls.liff, headers=asked)
        assert list(openapi_schema_validator.OAS30Validator(schema).iter_errors(answer.json())) == []
        assert http.request("GET", url + calls.info, headers=asked).status == 401  # another channel's token
