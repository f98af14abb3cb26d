"""Rich menus within LINE's limits."""

import pytest
from attrs import evolve

from govline.errors import InputError, MessageError
from govline.line.bulk import multicast_body
from govline.line.menus import RichMenu, RichMenuArea

AREA = RichMenuArea(0, 0, 100, 100, {"type": "message", "text": "a"})
MENU = RichMenu("main", "メニュー", [AREA])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 284}, "name"),
        ({"bar": "あ" * 15}, "chatBarText"),
        ({"bar": "🍎" * 8}, "chatBarText"),
        ({"bar": ""}, "chatBarText"),
        ({"areas": [AREA] * 21}, "areas"),
        ({"width": 799}, "size.width"),
        ({"width": 2501}, "size.width"),
        ({"height": 249}, "size.height"),
        ({"height": 1800}, "size.height"),
        ({"areas": [evolve(AREA, x=2450)]}, "areas[0].bounds"),
        ({"areas": [AREA, evolve(AREA, width=0)]}, "areas[1].bounds"),
    ],
)
def test_a_limit_names_its_field(changes, field):
    with pytest.raises(MessageError) as caught:
        evolve(MENU, **changes)
    assert caught.value.place["field"] == field


def test_the_name_follows_the_content():
    name = MENU.to_line(b"1")["name"]
    assert name == evolve(MENU).to_line(b"1")["name"]
    others = [
        MENU.to_line(b"2"),
        evolve(MENU, bar="x").to_line(b"1"),
        evolve(MENU, selected=False).to_line(b"1"),
    ]
    assert name not in {other["name"] for other in others}


@pytest.mark.parametrize(
    ("to", "unit"), [([], None), (["U"] * 501, None), (["U"], "bad-unit"), (["U"], "x" * 31), (["U"], "a\n")]
)
def test_a_multicast_is_checked_before_it_leaves(to, unit):
    with pytest.raises(InputError):
        multicast_body(to, b"[]", unit)
