"""A clerk's YAML: three required settings, errors with file, line and key."""

from datetime import date, datetime, time, timedelta

import pytest

from govline.calendar import CutOff, Reminder, load, load_folder, parse, plan
from govline.core.jst import JST
from govline.errors import DefinitionError

SMALL = """\
programme: copal
capacity: 20
slots:
  - dates: 2026-11-24/2026-11-29
    weekdays: 火水木金
    times: [10:00-11:30, 13:00]
"""


def written(tmp_path, text, name="copal.yaml"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_three_settings_are_enough(tmp_path):
    programme = load(written(tmp_path, SMALL))
    slots = plan(programme, date(2026, 11, 20))
    assert len(slots) == 4 * 2
    assert slots[0].starts == datetime(2026, 11, 24, 10, tzinfo=JST)
    assert slots[0].ends - slots[0].starts == timedelta(minutes=90)
    assert slots[1].ends - slots[1].starts == timedelta(hours=1)
    assert {slot.capacity for slot in slots} == {20}
    assert (programme.title, programme.reminders) == ("copal", ())


def test_everything_that_can_be_said(tmp_path):
    text = """\
programme: hall
label: 会議室
capacity: 1
minutes: 30
closed: [2026-12-29/2027-01-03, 2026-12-01]
closed_on_holidays: true
slots:
  - {rolling: 60, weekdays: [月, 火], times: 9:00, capacity: 3, name: 第1会議室}
policy:
  opens: 2026-11-20 09:00
  closes: "2026-12-20T17:00"
  opens_days_before: 30
  book_until: 3営業日前 17:00
  change_until: 前日 17:00
  cancel_until: 2時間前
  max_party: 5
  limit: 2
  hold_minutes: 5
remind: 前日 18:00
"""
    hall = load(written(tmp_path, text))
    assert hall.policy.opens == datetime(2026, 11, 20, 9, tzinfo=JST)
    assert hall.policy.book == CutOff(business_days=3, at=time(17))
    assert hall.policy.change == CutOff(days=1, at=time(17))
    assert hall.policy.cancel == CutOff(hours=2)
    assert hall.policy.hold == timedelta(minutes=5)
    assert hall.reminders == (Reminder(days_before=1, at=time(18)),)
    slots = plan(hall, date(2026, 11, 20), holiday=lambda day: day == date(2026, 11, 23))
    days = [slot.starts.astimezone(JST).date() for slot in slots]
    assert date(2026, 11, 24) in days
    assert date(2026, 11, 23) not in days, "a holiday"
    assert date(2026, 12, 1) not in days, "closed"
    assert date(2026, 12, 29) not in days, "closed"
    assert max(days) <= date(2026, 11, 20) + timedelta(days=59)
    assert {(slot.name, slot.capacity) for slot in slots} == {("第1会議室", 3)}


@pytest.mark.parametrize(
    ("wrong", "key", "line"),
    [
        ("capacity: 20", "capacity", None),
        ("capacity: -1", "capacity", 2),
        ("    weekdays: 火水木金", "slots.0.weekdays", 5),
        ("  - dates: 2026-11-24/2026-11-29", "slots.0.dates.0", 4),
    ],
)
def test_an_error_names_file_line_and_key(tmp_path, wrong, key, line):
    replaced = {
        "capacity: 20": "",
        "capacity: -1": "capacity: -1",
        "    weekdays: 火水木金": "    weekdays: Tuesday",
        "  - dates: 2026-11-24/2026-11-29": "  - dates: 2026-11-29/2026-11-24",
    }[wrong]
    text = SMALL.replace("capacity: 20" if wrong == "capacity: -1" else wrong, replaced)
    with pytest.raises(DefinitionError) as error:
        load(written(tmp_path, text))
    assert error.value.place["file"] == "copal.yaml"
    assert error.value.place["key"] == key
    assert error.value.place.get("line") == line


def test_text_that_is_no_yaml(tmp_path):
    for text in ("a: [", "- 1", "", "a: 1\na: 2", "a: 2026-02-30", "\ta: 1"):
        with pytest.raises(DefinitionError, match=r"GL-2010.*copal\.yaml"):
            load(written(tmp_path, text))
    (tmp_path / "copal.yaml").write_bytes(SMALL.encode("cp932"))
    with pytest.raises(DefinitionError, match="UTF-8"):
        load(tmp_path / "copal.yaml")


def test_an_unknown_setting_is_refused():
    with pytest.raises(DefinitionError, match="capasity"):
        parse({"programme": "x", "capacity": 1, "slots": [], "capasity": 2})


@pytest.mark.parametrize("text", ["明日まで", "当日 25:00", "", "2", "-1時間前", "前日 2時間前"])
def test_a_cut_off_that_cannot_be_read(text):
    policy = {"book_until": text}
    with pytest.raises(DefinitionError):
        parse({"programme": "x", "capacity": 1, "slots": [], "policy": policy})


@pytest.mark.parametrize(
    ("text", "reminder"),
    [
        ("前日 18:00", Reminder(days_before=1, at=time(18))),
        ("前日", Reminder(days_before=1, at=time(18))),
        ("3日前 9:00", Reminder(days_before=3, at=time(9))),
        ("当日 7:00", Reminder(days_before=0, at=time(7))),
        ("2時間前", Reminder(hours_before=2)),
        ("30分前", Reminder(hours_before=0.5)),
    ],
)
def test_reminders(text, reminder):
    assert parse({"programme": "x", "capacity": 1, "slots": [], "remind": text}).reminders == (reminder,)


@pytest.mark.parametrize(
    "setting",
    [
        {"capacity": 10**19},
        {"minutes": 10**12},
        {"closed": "2026-02-30"},
        {"closed": "2026-01-01/2999-12-31"},
        {"closed": [["2026-01-01"] * 9] * 9},
        {"slots": [{"times": "24:00-25:00"}]},
        {"slots": [{"times": "12:00-12:00"}]},
        {"slots": [{"times": "10:00:00-11:00"}]},
        {"slots": [{"times": None}]},
        {"policy": {"book_until": "9999999999999999時間前"}},
        {"policy": {"book_until": "999999999営業日前"}},
        {"policy": {"opens": "12:30"}},
        {"policy": {"hold_minutes": 10**15}},
        {"remind": "99999999日前"},
    ],
)
def test_values_beyond_every_calendar_are_refused_in_words(setting):
    with pytest.raises(DefinitionError, match="GL-2010") as error:
        parse({"programme": "x", "capacity": 1, "slots": [], **setting})
    assert error.value.place["key"].startswith(next(iter(setting)))
    assert not any(word in str(error.value) for word in ("isoformat", "literal", "NoneType"))


def test_full_width_times_are_times():
    night = parse(
        {
            "programme": "x",
            "capacity": 1,
            "slots": [{"dates": "２０２６-11-24", "times": "１２：３０～１３:00"}],
        }
    )
    assert [(slot.starts.hour, slot.ends.hour) for slot in plan(night, date(2026, 11, 20))] == [(12, 13)]


def test_a_slot_over_midnight_ends_on_the_next_day():
    night = parse(
        {"programme": "x", "capacity": 1, "slots": [{"dates": "2026-11-24", "times": "23:00-1:00"}]}
    )
    (slot,) = plan(night, date(2026, 11, 20))
    assert slot.ends - slot.starts == timedelta(hours=2)


def test_a_folder_is_read_by_name(tmp_path):
    written(tmp_path, SMALL.replace("copal", "b"), "2.yaml")
    written(tmp_path, SMALL.replace("copal", "a"), "1.yml")
    assert [programme.id for programme in load_folder(tmp_path)] == ["a", "b"]
    assert load_folder(tmp_path / "absent") == []


def test_what_slots_share():
    hall = {
        "programme": "hall", "capacity": 1, "per_group": True, "between_minutes": 30,
        "slots": [{"dates": "2026-12-01", "times": "9:00-11:00", "name": name} for name in ("全面", "A面", "B面")],
        "parts": {"全面": ["A面", "B面"]},
        "pools": [{"name": "机", "capacity": 40}, {"name": "1日", "capacity": 3, "per": "day", "slots": "A面", "counts": "bookings"}],
    }  # fmt: skip
    programme = parse(hall)
    assert programme.parts == {"全面": ("A面", "B面")}
    assert (programme.places(30), programme.between) == (1, timedelta(minutes=30))
    assert [(pool.per, pool.per_place, set(pool.slots)) for pool in programme.pools] == [
        ("programme", True, set()), ("day", False, {"A面"}),
    ]  # fmt: skip
    for wrong, why in (
        ({"parts": {"舞台": ["A面"]}}, "「舞台」という枠はありません"),
        ({"parts": {"全面": ["A面"], "A面": ["全面"]}}, "もとの部屋に戻ります"),
        ({"pools": [{"name": "机", "capacity": 1, "slots": ["C面"]}]}, "「C面」という枠はありません"),
    ):
        with pytest.raises(DefinitionError, match=why):
            parse({**hall, **wrong})
