"""Every dialect of the lists; every row that cannot be read is named."""

import pytest

from govline.answers import Item, read_items
from govline.errors import FileError


def codes(problems):
    return [(problem.row, problem.column, problem.code) for problem in problems]


@pytest.mark.parametrize("label", ["type", "label", "分別区分"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_dialects_of_target_csv(label, encoding, end):
    text = f'{label},name,notice,furigana\n資源 ,びん　,"洗って\n出す",び \n\n,,,\n燃やすごみ,綿,,わ\n'
    table = read_items(text.replace("\n", end).encode(encoding))
    assert [(item.label, item.name, item.reading) for item in table.items] == [
        ("資源", "びん", "び"),
        ("燃やすごみ", "綿", "わ"),
    ]
    assert table.items[0].note.split() == ["洗って", "出す"]
    assert (table.rows, table.problems, table.warnings) == (2, (), ())


def test_a_header_again_and_a_row_again_are_named():
    table = read_items("label,name\nlabel,name\n資源,びん\n資源,びん\n埋立,びん\n".encode())
    assert [item.label for item in table.items] == ["資源", "埋立"]
    assert codes(table.warnings) == [(2, "label", "GL-4202"), (4, "name", "GL-4202")]


def test_rows_that_cannot_be_read_are_named_with_line_and_column():
    text = 'type,name,notice,link\n資源,"ビン\n茶色",,\n,缶,,\n資源,,長い,\n資源,紙,a,b,はみ出し\n資源,布,,javascript:x\n'
    table = read_items(text.encode())
    assert [item.name for item in table.items] == ["ビン 茶色"]
    assert codes(table.problems) == [
        (4, "type", "GL-4201"),
        (5, "name", "GL-4201"),
        (6, "link", "GL-4201"),
        (7, "link", "GL-4201"),
    ]


@pytest.mark.parametrize("prefix", ["", "家庭ごみ_", "ごみ分別:"])
def test_the_national_standards_table(prefix):
    names = ("ゴミの品目", "分別区分", "注意点", "料金種別", "料金", "料金備考", "備考")
    header = ["全国地方公共団体コード", "ID", "地方公共団体名", *(prefix + name for name in names)]
    row = ["012345", "1", "ひなた町", "たんす", "粗大ごみ", "空にする", "有料", "500円", "1点", "要予約"]
    table = read_items(f"{','.join(header)}\n{','.join(row)}\n".encode())
    assert table.items == (Item("たんす", "粗大ごみ", note="空にする\n要予約", fee="有料 500円 1点"),)


def test_questions_links_readings_and_aliases():
    faq = read_items(
        "質問,回答,カテゴリ,別名\n窓口は?,一階です,案内,受付、カウンター\n,なし,案内,\n".encode()
    )
    assert faq.items == (
        Item("窓口は?", "案内", note="一階です", kind="faq", aliases=["受付", "カウンター"]),
    )
    assert codes(faq.problems) == [(3, "質問", "GL-4201")]
    links = read_items("name\turl\nバス\thttps://hinata.example/bus\n".encode())
    assert links.items == (Item("バス", kind="link", link="https://hinata.example/bus"),)
    assert read_items("品目,区分,品目_カナ\n綿,資源,ワタ\n".encode()).items[0].reading == "ワタ"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"\x00\x01",
        b"\xff\xfe\x00",
        b"a,b\n1,2\n",
        "name,品目,type\na,b,c\n".encode(),
        b'type,name\n"a',
    ],
)
def test_what_is_no_table_is_refused(data):
    with pytest.raises(FileError) as refused:
        read_items(data)
    assert refused.value.code == "GL-4200"


def test_a_5374_list_without_its_header_is_read_and_named():
    table = read_items('資源,綿,,わ\n可燃,"ざぶとん,小",袋へ,ざ\n'.encode())
    assert [(item.name, item.label) for item in table.items] == [("綿", "資源"), ("ざぶとん,小", "可燃")]
    assert codes(table.warnings) == [(1, "", "GL-4202")]
    slip = read_items("lavel,name,notice,furigana\n資源,綿,,わ\n".encode())
    assert (slip.items[0].label, codes(slip.warnings)) == ("資源", [(1, "lavel", "GL-4202")])


def test_a_table_without_rows_is_a_problem():
    assert codes(read_items(b"type,name\n").problems) == [(1, "type", "GL-4201")]


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(FileError, match="absent"):
        read_items(tmp_path / "absent.csv")


@pytest.mark.data
@pytest.mark.parametrize(
    ("city", "rows", "problems"),
    [
        ("joyo", 724, 0),
        ("kanazawa", 1251, 0),
        ("kyotango", 776, 0),
        ("hachioji", 745, 1),
        ("takamatsu", 150, 0),
    ],
)
def test_real_lists(data_folder, city, rows, problems):
    table = read_items(data_folder / "garbage5374" / city / "target.csv")
    assert (table.rows, len(table.problems)) == (rows, problems)
    assert rows - problems >= len(table.items) > rows * 0.97


@pytest.mark.data
def test_a_real_list_that_stands_in_its_file_twice(data_folder):
    table = read_items(data_folder / "garbage5374" / "chigasaki" / "target.csv")
    assert len(table.problems) == 8
    assert any(warning.reason == "見出しがもう一度あります" for warning in table.warnings)


@pytest.mark.parametrize(
    ("header", "item"),
    [
        ("品名,分別の種類,出し方・注意点", Item("皿", "不燃ごみ", note="紙に包む")),
        ("ごみの名称,ごみの分別,ポイント", Item("皿", "不燃ごみ", note="紙に包む")),
        ("品目_名称,分別区分_名称,捨て方", Item("皿", "不燃ごみ", note="紙に包む")),
        ("品目,分別区分,分別方法", Item("皿", "不燃ごみ")),
    ],
)
def test_titles_that_some_towns_use(header, item):
    table = read_items(f"{header}\n皿,不燃ごみ,紙に包む\n".encode())
    assert (table.items, table.problems) == ((item,), ())
