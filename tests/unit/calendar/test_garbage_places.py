"""Towns and postcodes: what citizens type finds their area, and an address is understood by its town alone."""

import pytest

from govline.calendar.garbage.places import AreaName, Hit, Places, Sought, TownName, block, fold_place
from govline.calendar.garbage.towns import PostalTown, read_postcodes, read_towns, with_postcodes
from govline.errors import FileError

AREAS = [AreaName("A地区"), AreaName("B地区"), AreaName("港町二丁目", "みなとまち")]
TOWNS = [
    TownName("本町一丁目", "A地区", "ほんまち", "3190001"),
    TownName("本町二丁目", "B地区", "ほんまち", "3190001"),
    TownName("大字山田字川原", "A地区", "やまだかわら", "3190002"),
    TownName("霞ケ丘", "B地区", "かすみがおか", "3190003"),
    TownName("中央", "A地区", "ちゅうおう", "3190004", "1番から10番まで"),
    TownName("中央", "B地区", "ちゅうおう", "3190004", "11番から"),
    TownName("廃町", "もうない地区"),
]


def seek(words):
    return Places(AREAS, TOWNS).find(words)


@pytest.mark.parametrize(
    ("words", "areas", "address"),
    [
        ("Ａ地区", ["A地区"], False),
        ("本町１丁目", ["A地区"], False),
        ("ほんまち", ["A地区", "B地区"], False),
        ("ﾔﾏﾀﾞ", ["A地区"], False),
        ("山田川原", ["A地区"], False),
        ("字山田", ["A地区"], False),
        ("霞が丘", ["B地区"], False),
        ("霞ヶ丘", ["B地区"], False),
        ("中央", ["A地区", "B地区"], False),
        ("みなと", ["港町二丁目"], False),
        ("319-0003", ["B地区"], False),
        ("〒３１９−０００３", ["B地区"], False),
        ("3190002", ["A地区"], False),
        ("319 0001", ["A地区", "B地区"], False),
        ("〒319-0001 ひなた町本町2丁目3-4", ["B地区"], True),
        ("ひなた県ひなた町本町二丁目3番4号 メゾン霞ケ丘201", ["B地区"], True),
        ("本町1-2-3", ["A地区", "B地区"], True),
        ("大字山田字川原123番地", ["A地区"], True),
        ("霞ヶ丘12-3コーポ中央", ["B地区"], True),
        ("霞ヶ丘に住んでいます", ["B地区"], False),
        ("9999999", [], False),
        ("廃町", [], False),
        ("メゾンひなた", [], True),
        ("", [], False),
        ("090-1234-5678", [], True),
        ("丁目 二", ["港町二丁目", "B地区"], False),
    ],
)
def test_what_citizens_type_finds_their_area(words, areas, address):
    sought = seek(words)
    assert (sought.areas, sought.address) == (areas, address)


def test_a_split_town_tells_its_parts():
    assert seek("中央").hits == (Hit("中央", "A地区", "1番から10番まで"), Hit("中央", "B地区", "11番から"))
    assert seek("中央").labels == ["中央"]
    assert seek("何もない") == Sought()


@pytest.mark.parametrize(
    ("digits", "number"), [("12", 12), ("二", 2), ("十", 10), ("十二", 12), ("二十一", 21)]
)
def test_numbers_of_blocks(digits, number):
    assert block(digits) == number
    assert fold_place(f"本町{digits}丁目") == f"本町{number}丁目"


@pytest.mark.parametrize("words", ["1" * 5000 + "丁目", "十" * 50 + "丁目", "\ud83d", "〒" * 300, "( " * 500])
def test_odd_words_are_answered_quietly(words):
    assert seek(words).areas == []


def test_a_table_of_towns():
    read = read_towns(
        "〒,町名,ふりがな,収集地区,範囲\n319-0001,本町,ほんまち,A地区,\n31-90001,東町,,A地区,\n,西町,,B地区,\n"
        ",西町,,B地区,\n,,,B地区,\n,南町,,,\n".encode("cp932")
    )
    assert read.towns == (TownName("本町", "A地区", "ほんまち", "3190001"), TownName("西町", "B地区"))
    assert [(each.row, each.column, each.code) for each in read.problems] == [
        (3, "〒", "GL-2029"),
        (6, "町名", "GL-2029"),
        (7, "収集地区", "GL-2029"),
    ]
    assert read_towns(b"").towns == ()
    with pytest.raises(FileError):
        read_towns("町名,よみ\n本町,ほんまち\n".encode())


def ken_all(*rows, encoding="cp932"):
    lines = [
        f'{city},"319  ","{code}","ﾋﾅﾀｹﾝ","ﾋﾅﾀﾏﾁ","{kana}","ひなた県","{name}","{town}",0,0,1,0,0,0'
        for city, name, code, kana, town in rows
    ]
    return "\r\n".join(lines).encode(encoding)


ROWS = [
    ("31999", "ひなた町", "3190000", "ｲｶﾆｹｲｻｲｶﾞﾅｲﾊﾞｱｲ", "以下に掲載がない場合"),
    ("31999", "ひなた町", "3190001", "ﾎﾝﾏﾁ(1-2ﾁｮｳﾒ)", "本町（１～２丁目）"),
    ("31999", "ひなた町", "3190005", "ﾋｶﾞｼﾏﾁ(1､2､", "東町（１、２、"),
    ("31999", "ひなた町", "3190005", "3)", "３番地）"),
    ("31999", "ひなた町", "3190006", "ﾐﾅﾐﾏﾁ", "南町"),
]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_japan_posts_list(encoding):
    assert read_postcodes(ken_all(*ROWS, encoding=encoding)) == [
        PostalTown("3190001", "本町", "ほんまち"),
        PostalTown("3190005", "東町", "ひがしまち"),
        PostalTown("3190006", "南町", "みなみまち"),
    ]


def test_of_several_municipalities_one_must_be_named():
    other = ("31998", "となり市", "3180001", "ﾎﾝﾏﾁ", "本町")
    for name in ("", "31997", "よその市"):
        with pytest.raises(FileError):
            read_postcodes(ken_all(*ROWS, other), name)
    assert read_postcodes(ken_all(*ROWS, other), "となり市") == [PostalTown("3180001", "本町", "ほんまち")]
    with pytest.raises(FileError):
        read_postcodes("町名,地区\n本町,A\n".encode())


def test_postcodes_join_towns_and_areas_by_name():
    towns = [TownName("本町一丁目", "A地区"), TownName("西町", "A地区")]
    joined, warnings = with_postcodes(towns, ["A地区", "東町"], read_postcodes(ken_all(*ROWS)))
    assert joined == [
        TownName("本町一丁目", "A地区", "", "3190001"),
        TownName("西町", "A地区"),
        TownName("東町", "東町", "ひがしまち", "3190005"),
    ]
    assert [(each.cell, each.code) for each in warnings] == [("南町", "GL-2029")]


def test_postcodes_stay_out_of_what_is_printed():
    assert "3190001" not in repr(TOWNS)


def test_a_name_of_one_character_is_not_found_inside_other_words():
    places = Places([AreaName("北"), AreaName("南町")])
    assert places.find("北").areas == ["北"]
    assert places.find("北海3-4") == Sought(address=True)
    assert places.find("北海南町3-4").areas == ["南町"]
