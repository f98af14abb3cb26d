"""Sealed address pages give what the rows give, and forget whom the rows forget."""

import threading

import pytest
from sqlalchemy import select

from govline.errors import StoreError
from govline.store import Keyring, addresses, friends, identity
from govline.store._tables import address_page
from govline.store._tables import identity as rows

PEOPLE = 3 * addresses.PAGE + 20


def user(number):
    return f"U{number:032x}"


@pytest.fixture
def town(any_db, clock):
    """Three full pages, and twenty people behind them."""
    any_db.run(lambda tx: friends.add(tx, map(user, range(PEOPLE)), as_of=clock.now()))
    assert any_db.run(lambda tx: addresses.pack(tx, pages=2)) == 2
    assert any_db.run(addresses.pack) == 1
    assert any_db.run(addresses.pack) == 0
    return any_db


def everybody(db):
    return db.read(
        lambda tx: [*tx.connection.execute(select(rows.c.citizen).order_by(rows.c.citizen)).scalars()]
    )


def without_rows(db, citizens):
    """What the pages alone give."""
    db.run(lambda tx: tx.connection.execute(rows.update().values(sealed="gone")))
    return db.read(lambda tx: addresses.by_citizen(tx, citizens))


def test_pages_and_rows_agree_in_the_order_asked_for(town):
    wanted = everybody(town)[::-1]
    found = town.read(lambda tx: identity.line_users_of(tx, [*wanted, "nobody"]))
    assert [*found] == wanted
    assert [*town.read(lambda tx: addresses.line_users(tx, wanted))] == [*found.values()]
    assert [*town.read(lambda tx: addresses.line_users(tx, [wanted[0]]))] == [found[wanted[0]]]
    assert [*town.read(lambda tx: addresses.line_users(tx, []))] == []
    assert sorted(found.values()) == [user(number) for number in range(PEOPLE)]
    for citizen in wanted[::50]:
        assert town.read(lambda tx, citizen=citizen: identity.line_user_of(tx, citizen)) == found[citizen]


def test_whole_pages_need_no_row(town):
    assert len(without_rows(town, everybody(town)[: 3 * addresses.PAGE])) == 3 * addresses.PAGE


def test_few_people_far_apart_are_read_from_their_rows(town):
    with pytest.raises(StoreError) as error:
        without_rows(town, everybody(town)[:: PEOPLE // 10])
    assert error.value.code == "GL-1121"


def test_who_is_erased_is_in_no_page(town, keys):
    citizens = everybody(town)
    gone = citizens[130]
    town.run(lambda tx: identity.erase(tx, gone))
    assert gone not in without_rows(town, citizens[: 3 * addresses.PAGE])
    pages = town.read(
        lambda tx: tx.connection.execute(select(address_page).order_by(address_page.c.first)).all()
    )
    assert [page.size for page in pages] == [128, 127, 128]
    opened = [keys.unbox(page.key_id, bytes(page.sealed), f"identity.page:{page.first}") for page in pages]
    assert not any(gone.encode() in plain for plain in opened)


def test_the_last_of_a_page_takes_it_along(town):
    for citizen in everybody(town)[: addresses.PAGE]:
        town.run(lambda tx, citizen=citizen: identity.erase(tx, citizen))
    assert len(town.read(lambda tx: tx.connection.execute(select(address_page.c.first)).all())) == 2


def test_two_erased_at_once_are_both_gone_from_the_page(town):
    citizens = everybody(town)
    together = threading.Barrier(8)

    def erase(citizen):
        together.wait()
        town.run(lambda tx: identity.erase(tx, citizen))

    threads = [threading.Thread(target=erase, args=(citizen,)) for citizen in citizens[:8]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(without_rows(town, citizens[: 3 * addresses.PAGE])) == set(citizens[8 : 3 * addresses.PAGE])


def test_pages_follow_a_rotation_of_keys(town, keys):
    newer = Keyring.generate("k2")
    town.keys = Keyring.from_text(f"{newer.to_text()},{keys.to_text()}")
    after = ""
    while after is not None:
        after = town.run(lambda tx, after=after: identity.rewrap(tx, after=after))
    town.keys = newer
    assert len(town.read(lambda tx: addresses.line_users(tx, everybody(town)))) == PEOPLE
    assert town.run(addresses.pack) == 3
    assert {
        page.key_id for page in town.read(lambda tx: tx.connection.execute(select(address_page)).all())
    } == {"k2"}


def test_a_page_under_a_key_that_is_gone_is_passed_over(town):
    town.run(lambda tx: tx.connection.execute(address_page.update().values(key_id="old")))
    assert len(town.read(lambda tx: addresses.line_users(tx, everybody(town)))) == PEOPLE


def test_a_page_that_was_moved_does_not_open(town):
    def swap(tx):
        first, second, *_ = tx.connection.execute(select(address_page).order_by(address_page.c.first)).all()
        change = address_page.update().where(address_page.c.first == first.first)
        tx.connection.execute(change.values(sealed=second.sealed))

    town.run(swap)
    with pytest.raises(StoreError) as error:
        town.read(lambda tx: addresses.line_users(tx, everybody(town)))
    assert error.value.code == "GL-1121"


def test_a_town_without_keys_packs_nothing(any_db):
    any_db.keys = None
    assert any_db.run(addresses.pack) == 0
