"""A rehearsal reads notices as citizens do, also in a town's own words."""

from datetime import date, datetime

import pytest

from govline.calendar.garbage.texts import GARBAGE_TEXTS
from govline.core.jst import JST
from govline.core.texts import Texts
from govline.testing.rehearsal.almanac import Off
from govline.testing.rehearsal.model import Delivery
from govline.testing.rehearsal.reading import NoticeReader

AREAS = ("東町", "西東町", "港町: 北")
BODY = "【ごみ収集のお知らせ】明日 12月3日(木) の収集\n東町: 「燃やすごみ」・「びん・缶」\n※東町: 12月9日(水) の「資源」はお休みです。"


def reader(**own):
    return NoticeReader(Texts({f"garbage.{key}": text for key, text in own.items()}, GARBAGE_TEXTS), AREAS)


def notice(text, key="garbage:2026-12-03:1:20261202T18:m:d"):
    return Delivery(datetime(2026, 12, 2, 18, tzinfo=JST), "garbage", key, text, ("a",))


def test_areas_and_kinds_are_read_back_and_announcements_are_not_collections():
    assert reader().lines(BODY) == {"東町": ("燃やすごみ", "びん・缶")}
    assert reader().lines("x\n港町: 北: 「資源」") == {"港町: 北": ("資源",)}
    assert reader(line="{kinds} を {area} で集めます").lines("「資源」 を 西東町 で集めます") == {
        "西東町": ("資源",)
    }


@pytest.mark.parametrize(
    ("body", "key", "day"),
    [
        (BODY, "garbage:2026-12-03:1:20261202T18:m:d", date(2026, 12, 3)),
        (BODY, "garbage:2026-12-04:1:20261202T18:m:d", None),
        (BODY, "garbage:change:m:d", None),
        (BODY, "segments:7", None),
    ],
    ids=["named", "text-names-another", "change", "another-source"],
)
def test_the_day_counts_only_when_the_text_names_it(body, key, day):
    assert NoticeReader.day(notice(body, key)) == day


def test_a_change_is_announced_by_area_day_and_kind():
    off = Off("東町", date(2026, 12, 9), "資源", None)
    assert reader().announces(BODY, off)
    assert not reader().announces(BODY, Off("東町", date(2026, 12, 9), "燃やすごみ", None))
    assert not reader().announces(BODY, Off("東町", date(2026, 12, 10), "資源", None))
    moved = Off("東町", date(2026, 12, 9), "資源", date(2026, 12, 11))
    assert not reader().announces(BODY, moved), "the new day is not said"
    assert reader().announces("東町 12月9日(水) 「資源」 → 12月11日(金)", moved)


def test_wording_that_names_no_area_is_known_to_be_so():
    assert reader().reads_areas
    assert not reader(line="{kinds}").reads_areas
