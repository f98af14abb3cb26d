"""A town with pages, a LINE that runs on loopback, and a browser without a screen: `Browser` keeps cookies like one."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from govline.city import City
from govline.core import FEATURE_API, Offers, Reason, Ref
from govline.core.pages import (
    DataTable,
    Facts,
    Heading,
    Link,
    LinkList,
    Notice,
    Page,
    PageField,
    Paragraph,
    Submitted,
    View,
)
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.web import Ask, Password, WebFeature
from govline.web.staff import LocalStaff

BASE = "http://127.0.0.1:8999/pages"
SECRET = "abcdef0123456789abcdef0123456789"


class Config:
    @staticmethod
    def model_validate(_given):
        return None


class Demo:
    """A feature with pages for every kind of field, block and refusal."""

    name = "demo"
    api = FEATURE_API
    migrations = ""

    def __init__(self):
        self.taken = []
        self.refuse = []
        self.value = None

    @property
    def config(self):
        return Config

    def build(self, _env, _config):
        return self

    def offers(self, service):
        return Offers(
            pages=[
                Page("form", "申込", service.show, service.submit),
                Page("quiet", "案内", service.show_quiet),
                Page("broken", "故障", service.broken, listed=False),
                Page("desk", "職員の画面", service.show, service.submit, audience="staff"),
                Page("approve", "承認", service.show_quiet, audience="staff", verb="delivery.approve"),
            ]
        )

    def fields(self):
        return [
            PageField(
                "who", "お名前", required=True, autocomplete="name", help="戸籍の通り", value=self.value
            ),
            PageField("about", "ご用件", "lines"),
            PageField("count", "人数", "integer", least=1, most=10),
            PageField("day", "希望日", "date"),
            PageField("ward", "地区", "choice", choices={"a": "あ地区", "b": "い地区"}),
            PageField("topics", "関心", "choices", choices={"x": "防災", "y": "子育て"}),
            PageField("agree", "同意する", "flag"),
            PageField("photo", "写真", "file", most=200_000),
        ]

    def show(self, _tx, request):
        words = request.facts.get("words", "")
        return View("申込", [Paragraph(f"ご記入ください。{words}")], self.fields(), "申し込む")

    def submit(self, tx, request, values):
        if self.refuse:
            return [Reason("GL-2103", self.refuse[0], {"field": "day"})]
        self.taken.append((request.key, request.actor, dict(values)))
        tx.audit("demo.taken", Ref("demo", request.key))
        return Submitted("受け付けました", [Facts({"受付番号": "A-1"})], tell="申込を受け付けました。")

    def show_quiet(self, _tx, request):
        evil = self.value or "静かな案内"
        return View(
            evil,
            [
                Heading(evil),
                Paragraph(evil),
                Notice(evil, "warning"),
                Facts({evil: evil}),
                DataTable(evil, [evil], [[evil]]),
                LinkList([Link(evil, "demo/form", {"q": evil}), Link("外", url="https://town.example/")]),
            ],
        )

    def broken(self, _tx, _request):
        raise RuntimeError("佐藤 花子 090-1234-5678")


class Browser:
    """Follows redirects into the pages, keeps cookies by name, reads hidden fields; what leaves the pages is handed back."""

    def __init__(self, web, base=BASE):
        self.web, self.base = web, base
        self.cookies = {}
        self.seen = None

    def request(self, method, url, *, form=None, body=None, headers=None, follow=True):
        parts = urlsplit(url)
        root = urlsplit(self.base).path
        path = parts.path.removeprefix(root)
        given = {"host": urlsplit(self.base).netloc, **(headers or {})}
        if self.cookies:
            given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        data = body or b""
        if form is not None:
            data = urlencode(form, doseq=True).encode()
            given.setdefault("content-type", "application/x-www-form-urlencoded")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        ask = Ask(method, root, path, query, given, data, scheme="http", client="127.0.0.1")
        self.seen = answer = self.web.handle(ask)
        for name, value in answer.headers:
            if name == "set-cookie":
                cookie, _, rest = value.partition(";")
                key, _, text = cookie.partition("=")
                if "Max-Age=0" in rest:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = text
        target = dict(answer.headers).get("location", "")
        if follow and answer.status == 303 and target.startswith("/"):
            return self.request("GET", target)
        return answer

    def get(self, path, **rest):
        return self.request("GET", urlsplit(self.base).path + path, **rest)

    def post(self, path, form, **rest):
        return self.request("POST", urlsplit(self.base).path + path, form=form, **rest)

    def hidden(self, answer=None):
        html = (answer or self.seen).body.decode()
        return {
            name: unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', html)
        }

    def fill(self, path, *, do="send", **values):
        """GET the page, then send its form with these values."""
        self.get(path)
        return self.post(path, {**self.hidden(), "_do": do, **values})


def text_of(answer):
    return unescape(re.sub(r"<[^>]+>", " ", answer.body.decode()))


@pytest.fixture
def simulator(clock):
    settings = ChannelSettings(login_secret=SECRET)
    simulator = Simulator(LineWorld(clock=clock, channels=[settings]))
    with simulator.serve() as url:
        simulator.url = url
        yield simulator


@pytest.fixture
def demo():
    return Demo()


@pytest.fixture
def login_environment(monkeypatch, simulator):
    monkeypatch.setenv("GOVLINE_LINE_API", simulator.url)
    monkeypatch.setenv("GOVLINE_WEB_URL", BASE)
    monkeypatch.setenv("LINE_LOGIN_CHANNEL_SECRET", SECRET)


@pytest.fixture
def make_city(login_environment):
    cities = []

    def make(database, *features, **settings):
        web = (WebFeature(**settings.pop("made", {})), {"login_channel": "1650000001", **settings})
        city = City(database, [*features, web], name="ひなた町")
        cities.append(city)
        return city

    return make


@pytest.fixture
def city(make_city, any_db, demo):
    staff = LocalStaff(any_db, Password(n=2**10, r=8, p=1))
    return make_city(any_db, demo, made={"staff_login": staff})


@pytest.fixture
def browser(city):
    return Browser(city.web)


@pytest.fixture
def hana(simulator):
    return simulator.world.add_citizen("佐藤 花子")


@pytest.fixture
def sign_in(simulator):
    """Walks LINE Login as a citizen: the pages, the simulator's page, back to the pages."""

    def walk(browser, citizen, path="/c/demo/form", *, answer=None):
        answer = answer or browser.get(path)
        assert answer.status == 303, answer.body.decode()[:2000]
        back = authorize(simulator, dict(answer.headers)["location"], citizen)
        return browser.get(f"/sign-in/done?{urlsplit(back).query}")

    return walk


def authorize(simulator, url, citizen):
    """What LINE sends the browser back to, for this citizen."""
    import urllib3

    with urllib3.PoolManager(retries=False) as http:
        answer = http.request(
            "GET", url, redirect=False, headers={"cookie": f"simulator-citizen={citizen.user_id}"}
        )
        assert answer.status == 302, answer.data
        return answer.headers["location"]


@pytest.fixture
def signed_in(browser, sign_in, hana):
    sign_in(browser, hana)
    return browser


@pytest.fixture
def clerk(city, any_db):
    staff = city.web.staff
    hashed = staff.hash("correct horse")
    any_db.run(lambda tx: staff.add(tx, "yamada", hashed, roles=["clerk"], departments=["zeimu"]))
    browser = Browser(city.web)
    browser.fill("/staff/sign-in", name="yamada", password="correct horse")
    return browser
