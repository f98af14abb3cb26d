"""Redirect links and opt-outs on both engines."""

from datetime import timedelta

import pytest

from govline.delivery import Rules, resolve, shorten, taps
from govline.errors import InputError


def test_a_tap_leads_where_staff_said_and_counts_for_the_day(town, clock):
    run = "a-plan"
    link = town("shorten", run, "https://www.city.example/kosodate?page=1", label="講座", parameter="via")
    assert link.url == "https://www.city.example/kosodate?page=1&via=%E8%AC%9B%E5%BA%A7"
    assert len(link.token) >= 22
    assert link.path == f"/r/{link.token}"
    for day in range(2):
        for _ in range(3):
            assert town.db.run(lambda tx: resolve(tx, link.token)) == link.url
        clock.advance(timedelta(days=day))
    town.db.run(lambda tx: resolve(tx, link.token, count=False))
    (found,) = town("taps", run)
    assert (found.label, found.taps) == ("講座", 6)
    assert town.db.read(lambda tx: taps(tx, "another")) == ()


def test_tokens_are_fresh_and_unknown_or_old_ones_lead_nowhere(town, clock):
    tokens = {town("shorten", "r", "https://a.example/").token for _ in range(20)}
    assert len(tokens) == 20
    until = clock.now() + timedelta(hours=1)
    short = town.db.run(lambda tx: shorten(tx, "r", "https://a.example/", expires=until, token=lambda: "t"))
    assert town.db.run(lambda tx: resolve(tx, short.token)) == "https://a.example/"
    clock.advance(timedelta(hours=1))
    for token in (short.token, "", "x", "x" * 500, "https://evil.example"):
        assert town.db.run(lambda tx, token=token: resolve(tx, token)) is None


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://a.example",
            "javascript:alert(1)",
            "//a.example",
            "https://",
            "https:///x",
            "/relative",
            "",
        ),
        *("https://user:pass@a.example", "https://a.example/\r\nSet-Cookie: x", "https://a.example/ x"),
        *("https://a.example\\@b.example", "https://a.example:x/", "https://[::1", "https://日本.example/"),
        f"https://a.example/{'x' * 1000}",
        *(
            "https://@b.example",
            "https://:@b.example",
            "https://a.example@",
            "data:text/html,x",
            "https:a.example",
        ),
        *(
            "https://a.example%2f@b.example/",
            "https://a.ex\u0430mple/",
            "HTTPS:\\\\b.example",
            "https://.",
            "https://a..b/",
        ),
        *(
            "https://a.example\u3002evil/",
            "https://a.example/\u202egpj",
            "https://\x00.example",
            "https://a.example:0/",
        ),
    ],
)
def test_no_link_leads_anywhere_else(town, url):
    with pytest.raises(InputError, match="GL-1059"):
        town("shorten", "r", url)


def test_opting_out_and_in_again(town_with):
    town = town_with(Rules(topics={"kosodate": "子育て", "event": "催し"}))
    (person,) = town.citizens(1)
    assert town("opt_out", person, "kosodate", source="page")
    assert not town("opt_out", person, "kosodate")
    assert town("opted_out", person) == ("kosodate",)
    assert town("opt_in", person, "kosodate")
    assert not town("opt_in", person, "kosodate")
    with pytest.raises(InputError, match="GL-1058"):
        town("opt_out", person, "moon")
