"""What runs out, in one place, weeks before: of the features, and what the town renews itself; a clock before, at and behind the end."""

import json
import logging
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from govline import City
from govline.calendar import CalendarFeature
from govline.city.expiries import all_expiries, expiring, sentence, unreadable
from govline.city.renewals import CertificateFile, CrlFile, HolidayFile, JpkiFiles, Renewal
from govline.cli import main
from govline.core import HolidayCalendar
from govline.core.pages import DataTable, Notice
from govline.errors import ConfigError, FileError
from govline.mynumber import Purpose, TrustAnchors
from govline.testing.pki import authority

ENDS = datetime(2027, 1, 20, 15, tzinfo=UTC)  # midnight in Japan: 20 January is the last whole day
KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "town.example")])


def certificate(ends=ENDS, encoding=serialization.Encoding.PEM):
    made = x509.CertificateBuilder(NAME, NAME, KEY.public_key(), 1, ends - timedelta(days=90), ends)
    return made.sign(KEY, hashes.SHA256()).public_bytes(encoding)


def revocation_list(ends):
    made = x509.CertificateRevocationListBuilder(NAME, ends - timedelta(days=1), ends)
    return made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


@pytest.fixture
def folder(tmp_path):
    later = certificate(ENDS + timedelta(days=900))
    (tmp_path / "chain.pem").write_bytes(later + certificate())
    (tmp_path / "tls.der").write_bytes(certificate(encoding=serialization.Encoding.DER))
    (tmp_path / "sign.crl").write_bytes(revocation_list(datetime(2027, 1, 21, 2, tzinfo=UTC)))
    (tmp_path / "holidays.csv").write_text("日付,名称\n2026/1/1,元日\n", encoding="utf-8")
    return tmp_path


def ends(thing):
    return [(each.what, each.last_day) for each in thing.expiries()]


def test_files_say_their_last_day_in_japan(folder):
    last = date(2027, 1, 20)
    assert ends(CertificateFile(folder / "chain.pem")) == [("証明書(chain.pem)", last)]
    assert ends(CertificateFile(folder / "tls.der", "TLS")) == [("TLS", last)]
    assert ends(CrlFile(folder / "sign.crl")) == [("失効リスト(sign.crl)", date(2027, 1, 21))]
    assert ends(HolidayFile(folder / "holidays.csv")) == [("祝日の表", date(2026, 12, 31))]


def test_what_never_ends_and_words_before_a_certificate(tmp_path):
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    (tmp_path / "never.pem").write_bytes(certificate(never))
    (tmp_path / "never.crl").write_bytes(revocation_list(never))
    (tmp_path / "words.pem").write_bytes("subject=CN = 町\n".encode() + certificate())
    for kind, name in ((CertificateFile, "never.pem"), (CrlFile, "never.crl")):
        assert [last.year for _, last in ends(kind(tmp_path / name))] == [9999]
    assert ends(CertificateFile(tmp_path / "words.pem", "TLS")) == [("TLS", date(2027, 1, 20))]


@pytest.mark.data
def test_the_cas_of_the_card_are_told_half_a_year_ahead(data_folder):
    found = JpkiFiles(sorted((data_folder / "jpki-ca").glob("*.cer"))).expiries()
    assert len(found) == 5
    soonest = min(found, key=lambda each: each.last_day)
    assert soonest.runs_out(soonest.last_day - timedelta(days=180))
    assert not soonest.runs_out(soonest.last_day - timedelta(days=200))


@pytest.mark.parametrize("kind", [CertificateFile, CrlFile, HolidayFile, lambda path: JpkiFiles([path])])
@pytest.mark.parametrize(
    "content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA", b"\x30\x03\x02\x01\x01"]
)
def test_a_file_that_says_nothing_is_named(tmp_path, kind, content):
    path = tmp_path / "x.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FileError, match="GL-9018") as caught:
        kind(path).expiries()
    assert caught.value.place == {"file": str(path)}


@pytest.mark.parametrize(
    ("now", "told", "words"),
    [
        (datetime(2026, 12, 5, 14, 59, tzinfo=UTC), False, "終わります"),  # 46 days before
        (datetime(2026, 12, 5, 15, 0, tzinfo=UTC), True, "終わります"),  # 45 days before, midnight in Japan
        (datetime(2027, 1, 20, 14, 59, tzinfo=UTC), True, "終わります"),  # the last day
        (datetime(2027, 1, 20, 15, 0, tzinfo=UTC), True, "終わりました"),  # behind it
        (datetime(2028, 1, 1, tzinfo=UTC), True, "終わりました"),  # it does not fall silent
    ],
)
def test_weeks_before_at_and_behind(sqlite_db, clock, folder, *, now, told, words):
    city = City(sqlite_db, expiries=[CertificateFile(folder / "chain.pem", "TLS証明書")])
    clock.set(now)
    found = city.read(lambda tx: expiring(city, tx))
    assert bool(found) == told
    (known,) = city.read(lambda tx: all_expiries(city, tx))
    assert words in sentence(known, now.astimezone().date() if not told else _japan(now))


def _japan(now):
    return (now + timedelta(hours=9)).date()


def test_anchors_and_holidays_are_handed_over_as_they_are(sqlite_db, clock):
    ca = authority(Purpose.APPLICATION)
    anchors = TrustAnchors.testing(application=[ca.certificate])
    calendar = HolidayCalendar.official().with_csv("日付,名称\n2026/1/1,元日\n".encode())
    city = City(sqlite_db, expiries=[anchors, calendar, Renewal("LINEのアクセストークン", date(2026, 12, 1))])
    listed = city.read(lambda tx: all_expiries(city, tx))
    assert [each.what for each in listed][:2] == ["LINEのアクセストークン", "祝日の表"]
    assert "公的個人認証" in listed[2].what


def test_a_broken_file_hides_nothing_else(sqlite_db, clock, tmp_path, caplog):
    city = City(
        sqlite_db, expiries=[CertificateFile(tmp_path / "gone.pem"), Renewal("契約", date(2026, 11, 30))]
    )
    city.prepare()
    assert [each.what for each in city.read(lambda tx: expiring(city, tx))] == ["契約"]
    (problem,) = unreadable(city)
    assert "GL-9018" in problem
    assert "gone.pem" in problem
    clock.set(datetime(2026, 11, 22, 23, 40, tzinfo=UTC))  # Monday morning in Japan
    with caplog.at_level(logging.WARNING, "govline.city"):
        city.settle()
    assert "gone.pem" in caplog.text
    assert "契約: 2026-11-30" in caplog.text


def test_an_eligibility_list_ends_with_its_last_number(sqlite_db, clock, tmp_path):
    programme = {
        "programme": "shot",
        "label": "接種",
        "capacity": 5,
        "slots": [{"rolling": 3, "times": ["10:00-11:00"]}],
        "policy": {"eligibility": {"name": "接種券番号", "number": "10桁"}},
    }
    city = City(sqlite_db, [(CalendarFeature(), {"programmes": [programme]})]).prepare()
    rows = "接種券番号,生年月日,有効期限\n0000000001,1950-01-01,2026-12-20\n"
    (tmp_path / "list.csv").write_text(rows + "0000000002,1950-01-02,2026-12-31\n", encoding="utf-8")
    city.tabular.load("eligible-shot", tmp_path / "list.csv")
    found = city.read(lambda tx: expiring(city, tx))
    assert [(each.what, each.last_day) for each in found] == [
        ("予約「接種」の対象者一覧", date(2026, 12, 31))
    ]
    (tmp_path / "more.csv").write_text("接種券番号,生年月日\n0000000003,1950-01-03\n", encoding="utf-8")
    city.tabular.load("eligible-shot", tmp_path / "more.csv")
    assert city.read(lambda tx: expiring(city, tx)) == []


def write_town(folder, more):
    text = "id: hinata\nname: ひなた町\n" + more
    (folder / "city.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def environment(monkeypatch):
    from govline.store import Keyring

    monkeypatch.setenv("GOVLINE_KEYS", Keyring.generate().to_text())
    monkeypatch.setenv("LINE_CHANNEL_SECRET", "s" * 32)
    monkeypatch.setenv("LINE_CHANNEL_ACCESS_TOKEN", "t")


def test_city_yaml_names_them_and_doctor_tells_people_and_machines(folder, environment, capsys):
    write_town(
        folder,
        "expiries:\n"
        "  - {what: LINEのアクセストークン, last_day: 2020-01-31, remedy: 発行し直す}\n"
        "  - {certificate: chain.pem, what: TLS証明書, notice: 1000}\n"
        "  - {crl: sign.crl}\n"
        "  - {holidays: holidays.csv}\n"
        "  - {jpki: [none.cer]}\n",
    )
    assert main(["db", "upgrade", "--town", str(folder)]) == 0
    capsys.readouterr()
    assert main(["doctor", "--town", str(folder)]) == 1
    said = capsys.readouterr().out
    assert "LINEのアクセストークン: 2020-01-31 で終わりました。発行し直す" in said
    assert "none.cer" in said
    assert main(["doctor", "--town", str(folder), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [each["what"] for each in told["expiries"]] == [
        "LINEのアクセストークン",
        "祝日の表",
        "TLS証明書",
        "失効リスト(sign.crl)",
    ]
    assert told["expiries"][0]["due"] is True
    assert told["expiries"][0]["days_left"] < 0
    assert any("GL-9018" in finding for finding in told["findings"])


@pytest.mark.parametrize(
    "entry",
    [
        "{what: x}",
        "{last_day: 2026-12-31}",
        "{what: x, last_day: 2026-12-31, crl: a.crl}",
        "{jpki: []}",
        "{holidays: a.csv, what: x}",
        "{what: x, last_day: soon}",
    ],
)
def test_an_entry_that_says_too_little_or_too_much_is_refused(folder, environment, entry):
    write_town(folder, f"expiries: [{entry}]\n")
    with pytest.raises(ConfigError, match=r"GL-9002.*expiries"):
        City.load(folder / "city.yaml")


def test_the_page_of_staff_shows_all_and_warns_of_what_is_due(sqlite_db, clock, tmp_path):
    from govline.city.expiries import expiry_page
    from govline.core import Actor
    from govline.core.pages import PageRequest

    things = [
        Renewal("近いもの", date(2026, 12, 1)),
        Renewal("遠いもの", date(2030, 1, 1)),
        CrlFile(tmp_path / "no.crl"),
    ]
    city = City(sqlite_db, expiries=things)
    page = expiry_page(city)
    for locale, title in (("ja", "期限のあるもの"), ("en", "What runs out")):
        view = city.read(
            lambda tx, at=locale: page.show(tx, PageRequest(Actor("staff", "s", "web"), None, {}, locale=at))
        )
        assert view.title == title
        (table,) = [block for block in view.blocks if isinstance(block, DataTable)]
        assert [row[:2] for row in table.rows] == [("近いもの", "2026-12-01"), ("遠いもの", "2030-01-01")]
        notices = [block.text for block in view.blocks if isinstance(block, Notice)]
        assert re.search("no.crl", notices[0])
        assert "1" in notices[1]
