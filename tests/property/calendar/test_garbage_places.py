"""The index of places finds what a plain look through all of them finds, in the same order."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.calendar.garbage.places import AreaName, Hit, Places, Sought, TownName, fold_place, postcode_of
from govline.core.text import fold_kana, normalize

BLOCK = re.compile(r"\d+丁目")
HOUSE = re.compile(
    r"\d+(?!\d|\s?丁目|地区|区)|[〇一二三四五六七八九十百]+\s?(?:番地?|号)|(?:ハイツ|マンション|アパート|コーポ|メゾン|ビル|荘|号室|団地\d)"
)
NAMES = st.text(alphabet="本町丘ケが港一二丁目字北 みなト", min_size=1, max_size=5)
AREAS = st.lists(
    st.builds(AreaName, NAMES, st.just("") | NAMES), max_size=6, unique_by=lambda area: area.name
)
WORDS = st.one_of(
    NAMES,
    st.text(alphabet="本町丘ケガ港一二丁目1３-番号 319ミナと荘", max_size=12),
    st.sampled_from(["3190001", "319-0002 本町1-2", "〒３１９－０００１"]),
)


@st.composite
def towns(draw, areas):
    names = [area.name for area in areas] or ["北"]
    count = draw(st.integers(0, 6))
    return [
        TownName(
            draw(NAMES),
            draw(st.sampled_from([*names, "もうない"])),
            draw(st.just("") | NAMES),
            draw(st.sampled_from(["", "3190001", "3190002"])),
            draw(st.sampled_from(["", "1番から"])),
        )
        for _ in range(count)
    ]


def plainly(areas, listed, words):
    """Every name, one after the other."""
    names = {area.name for area in areas}
    places = [(Hit(each.name, each.name), each) for each in areas]
    places += [(Hit(each.name, each.area, each.note), each) for each in listed if each.area in names]
    forms = [
        (
            hit,
            [
                form
                for form in (
                    fold_place(own.name),
                    fold_place(own.reading),
                    fold_kana(own.name, large=True).casefold(),
                )
                if form
            ],
        )
        for hit, own in places
    ]
    text = normalize(words)[:200]
    whole = fold_place(text)
    if exact := [hit for hit, own in forms if whole and whole in own]:
        return Sought(dict.fromkeys(exact))
    code, rest = postcode_of(text)
    if code:
        coded = [hit for hit, own in places if getattr(own, "postcode", "") == code]
        return Sought(dict.fromkeys(inside(forms, rest) or coded), address=bool(rest.strip()))
    parts = [folded for part in text.split() if (folded := fold_place(part))]
    holding = [
        each for each in forms if parts and all(any(part in form for form in each[1]) for part in parts)
    ]
    if holding:
        holding.sort(key=lambda each: not any(form.startswith(parts[0]) for form in each[1]))
        return Sought(dict.fromkeys(hit for hit, _ in holding))
    return Sought(dict.fromkeys(inside(forms, text)), address=HOUSE.search(text) is not None)


def inside(forms, text):
    house = HOUSE.search(text)
    said = fold_place(text[: house.start()] if house else text)
    ranked = [
        ((said.rfind(form) + len(form), len(form)), hit)
        for hit, own in forms
        for form in {each for one in own for each in (one, BLOCK.sub("", one))}
        if len(form) > 1 and form in said
    ]
    best = max((rank for rank, _ in ranked), default=None)
    return [hit for rank, hit in ranked if rank == best]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_the_index_finds_what_a_plain_look_finds(data):
    areas = data.draw(AREAS)
    listed = data.draw(towns(areas))
    words = data.draw(WORDS)
    assert Places(areas, listed).find(words) == plainly(areas, listed, words)
