"""The town's rich menu at the simulator: published once, with the town's own picture, and never blank at the real LINE."""

from datetime import timedelta

import pytest

from govline import City
from govline.city import LineChannel
from govline.city.menu import plain_picture, town_menu
from govline.errors import ConfigError, LineError

WORDS = ("予約", "ごみの日", "避難所", "相談")


@pytest.fixture
def towns(sqlite_db, line, tmp_path):
    """Makes a City with these words; all share the account and the folder."""
    world, _client, url = line
    channel = LineChannel(lambda: ("s",), lambda: world.channel().settings.token, api=url)
    made = []

    def town(*words):
        made.append(City(sqlite_db, line=channel, folder=tmp_path, menu=words))
        return made[-1]

    yield town
    for city in made:
        if "messenger" in city.__dict__:
            city.messenger.close()


@pytest.fixture
def seen(line, clock):
    """The menu that a citizen's phone shows, once LINE has shown the default one to everybody."""
    _world, client, _url = line
    someone = client.citizens_in_bulk(1)[0]

    def look():
        clock.advance(timedelta(minutes=2))
        return client.request("GET", f"/poll?citizen={someone}&after=0")

    return look


def test_a_citizen_sees_the_words_and_publishing_again_finds_the_same_menu(towns, seen):
    city = towns(*WORDS)
    assert city.publish_menu() == city.publish_menu()
    assert len(city.messenger.menus()) == 1
    menu = seen()["menu"]
    assert [area["action"]["text"] for area in menu["areas"]] == list(WORDS)
    assert seen()["menuImage"] is False  # flat colour: the page writes the words itself


def test_new_words_take_the_old_ones_place(towns, seen):
    first = towns(*WORDS).publish_menu()
    second = towns("防災").publish_menu()
    assert first != second
    assert [area["action"]["text"] for area in seen()["menu"]["areas"]] == ["防災"]


def test_the_towns_own_picture_is_uploaded(towns, tmp_path, line):
    picture = plain_picture(town_menu("x", WORDS)) + b"drawn by hand"
    (tmp_path / "menu.png").write_bytes(picture)
    menu = towns(*WORDS).publish_menu()
    world, _client, _url = line
    assert world.channel().menus.images[menu].data == picture


def test_what_is_no_picture_is_refused_by_line(towns, tmp_path):
    (tmp_path / "menu.png").write_bytes(b"no picture at all")
    with pytest.raises(LineError):
        towns(*WORDS).publish_menu()


def test_without_words_there_is_no_menu(towns):
    with pytest.raises(ConfigError) as caught:
        towns().publish_menu()
    assert caught.value.code == "GL-9006"


def test_the_real_line_gets_no_blank_tiles(sqlite_db, tmp_path):
    city = City(sqlite_db, line=LineChannel(lambda: ("s",), lambda: "t"), folder=tmp_path, menu=WORDS)
    with pytest.raises(ConfigError) as caught:
        city.publish_menu()
    assert caught.value.code == "GL-9007"
    assert "2500x1686" in caught.value.hint
