"""Friends of an existing account become citizens: through LINE's pages, from a list of ids, and by writing."""

from datetime import timedelta

import pytest

from govline.core import Actor, Reason
from govline.errors import FileError, InputError, LineError
from govline.line.account import AccountClient
from govline.line.accounts import import_followers, import_ids, read_ids
from govline.line.limiter import Limit, Limiter
from govline.simulator import ChannelSettings, LineWorld, Simulator
from govline.store import audit, friends, identity


class Account:
    """A simulated account with friends, and a client that counts its questions."""

    def __init__(self, clock, people, **settings):
        self.world = LineWorld(clock=clock, channels=[ChannelSettings(**settings)])
        self.users = self.world.befriend_many(people)
        self.asked = []
        self.fail_at = None

    def followers(self, start="", limit=1000):
        self.asked.append(start)
        if len(self.asked) == self.fail_at:
            raise LineError("LINE answered nothing", place={"status": 0})
        return self.client.followers(start, limit)


@pytest.fixture
def account(clock, request):
    made = Account(clock, *getattr(request, "param", (2300,)))
    with Simulator(made.world).serve() as url:
        made.client = AccountClient(made.world.channel().settings.token, host=url)
        yield made
        made.client.close()


def citizens(db, users):
    return db.read(lambda tx: [identity.find_citizen(tx, user) for user in users])


def test_all_friends_become_citizens_once(any_db, account):
    done = import_followers(any_db, account)
    assert (done.new, done.known, done.pages, done.finished) == (2300, 0, 3, True)
    found = citizens(any_db, account.users)
    assert None not in found
    assert len(set(found)) == 2300
    assert any_db.read(lambda tx: identity.line_user_of(tx, found[7])) == account.users[7]
    again = import_followers(any_db, account)
    assert (again.new, again.known, again.pages) == (0, 2300, 3)
    assert citizens(any_db, account.users) == found


def test_an_interrupted_import_goes_on_where_it_stopped(any_db, account):
    account.fail_at = 3
    with pytest.raises(LineError):
        import_followers(any_db, account)
    asked = len(account.asked)
    done = import_followers(any_db, account)
    assert (done.new, done.pages) == (2300, 3)
    assert len(account.asked) == asked + 1  # one page only: the two before were stored
    account.asked.clear()
    first = import_followers(any_db, account, max_pages=1)
    assert (first.finished, first.known) == (False, 1000)


def test_a_place_that_line_may_have_forgotten_is_not_used(any_db, account, clock):
    import_followers(any_db, account, max_pages=1)
    clock.advance(timedelta(hours=24))
    account.asked.clear()
    done = import_followers(any_db, account)
    assert account.asked[0] == ""
    assert (done.new, done.known) == (1300, 1000)


def test_who_blocked_before_is_a_friend_again_and_who_blocked_since_is_not(any_db, account, clock):
    import_followers(any_db, account)
    back, gone = citizens(any_db, account.users[:2])
    any_db.run(lambda tx: identity.set_blocked(tx, back, True))
    clock.advance(timedelta(minutes=5))
    asked = clock.now()
    clock.advance(timedelta(seconds=1))
    any_db.run(lambda tx: identity.set_blocked(tx, gone, True))
    added = any_db.run(lambda tx: friends.add(tx, account.users[:2], as_of=asked))
    assert added.unblocked == 1
    assert any_db.read(lambda tx: (identity.blocked(tx, back), identity.blocked(tx, gone))) == (False, True)
    day = timedelta(days=1)
    told = any_db.read(lambda tx: friends.changes(tx, asked - day, asked + day))
    assert sorted((each.citizen, each.blocked) for each in told) == sorted(
        [(back, True), (gone, True), (back, False)]
    )


def test_two_imports_at_once_count_each_page_once(any_db, account):
    class Overtaken(Account):
        """While its first page is on the way, another import stores that page."""

        def __init__(self):
            self.asked = []

        def followers(self, start="", limit=1000):
            self.asked.append(start)
            page = account.followers(start, limit)
            if len(self.asked) == 1:
                assert import_followers(any_db, account, max_pages=1).new == 1000
            return page

    done = import_followers(any_db, Overtaken())
    assert (done.new, done.known, done.pages) == (2300, 0, 3)


def test_whoever_writes_becomes_known_and_blocks_are_remembered(any_db, clock):
    import json

    from govline.line import Webhook, sign

    user = "U" + "c" * 32
    hook = Webhook(any_db, "secret")

    def told(number, kind, **more):
        event = {
            "type": kind,
            "mode": "active",
            "timestamp": 1_795_000_000_000 + number,
            "source": {"type": "user", "userId": user},
            "webhookEventId": f"01{number:024d}",
            "deliveryContext": {"isRedelivery": False},
            **more,
        }
        raw = json.dumps({"destination": "", "events": [event]}).encode()
        assert hook.receive(raw, sign("secret", raw)).received == 1
        clock.advance(timedelta(minutes=1))

    began = clock.now()
    text = {"type": "text", "id": "1", "text": "こんにちは", "quoteToken": "q"}
    told(1, "message", message=text, replyToken="1" * 32)
    citizen = any_db.read(lambda tx: identity.find_citizen(tx, user))
    assert citizen is not None
    told(2, "unfollow")
    told(3, "follow", follow={"isUnblocked": True}, replyToken="2" * 32)
    history = any_db.read(lambda tx: friends.changes(tx, began, clock.now()))
    assert [(each.citizen, each.blocked) for each in history] == [(citizen, True), (citizen, False)]
    assert history[0].at < history[1].at
    assert any_db.read(lambda tx: friends.changes(tx, history[1].at, clock.now())) == [history[1]]


def test_the_limiter_is_asked_and_waited_for(sqlite_db, account):
    now = [0.0]
    waited = []

    def wait(seconds):
        waited.append(seconds)
        now[0] += seconds

    gate = Limiter({"followers": Limit(1, 3600)}, clock=lambda: now[0])
    import_followers(sqlite_db, account, gate=gate, wait=wait)
    assert len(waited) == 2


@pytest.mark.parametrize("account", [(3,)], indirect=True)
def test_an_account_that_may_not_ask_is_told_why(sqlite_db, clock, account):
    plain = Account(clock, 3, verified=False)
    with Simulator(plain.world).serve() as url:
        plain.client = AccountClient(plain.world.channel().settings.token, host=url)
        with pytest.raises(LineError) as caught:
            import_followers(sqlite_db, plain)
        plain.client.close()
    assert caught.value.code == "GL-8048"
    assert "verified" in caught.value.hint


@pytest.mark.parametrize("account", [(3,)], indirect=True)
def test_a_line_that_is_away_is_not_taken_for_a_right_that_is_missing(sqlite_db, account):
    account.fail_at = 1
    with pytest.raises(LineError) as caught:
        import_followers(sqlite_db, account)
    assert caught.value.code == "GL-8000"
    assert import_followers(sqlite_db, account).new == 3


def test_a_list_of_ids(any_db, tmp_path):
    users = [f"U{number:032x}" for number in range(1200)]
    path = tmp_path / "friends.csv"
    path.write_text(
        "\ufeffname,userId\r\n" + "".join(f"x,{user}\r\n" for user in [*users, users[0]]), encoding="utf-8"
    )
    assert import_ids(any_db, path, dry_run=True).new == 1200
    assert citizens(any_db, users[:1]) == [None]
    assert import_ids(any_db, path).new == 1200
    assert import_ids(any_db, path, dry_run=True).known == 1200
    assert import_ids(any_db, path).known == 1200
    plain = tmp_path / "friends.txt"
    plain.write_text("\n".join(users[:3]) + "\n\n", encoding="utf-8")
    assert read_ids(plain) == users[:3]


def test_who_may_not_import_imports_nothing(sqlite_db, account, tmp_path):
    class Closed:
        def refuses(self, actor, verb, *, department=""):
            assert (actor.id, verb) == ("clerk7", "data.import")
            return Reason("GL-1500", "許されていません")

    clerk = Actor("staff", "clerk7", "web")
    path = tmp_path / "friends.txt"
    path.write_text(account.users[0], encoding="utf-8")
    for attempt in (
        lambda: import_followers(sqlite_db, account, actor=clerk, policy=Closed()),
        lambda: import_ids(sqlite_db, path, actor=clerk, policy=Closed()),
    ):
        with pytest.raises(InputError) as caught:
            attempt()
        assert caught.value.code == "GL-1500"
    assert account.asked == []
    import_ids(sqlite_db, path, actor=clerk)
    (entry,) = [each for each in sqlite_db.read(lambda tx: audit.list(tx)) if each.action == "account.import"]
    assert entry.data == {"new": 1, "known": 0}


@pytest.mark.parametrize(
    ("text", "line"),
    [("userId\nU12\n", 2), ("", None), ("U" + "0" * 32 + "\nたろう\n", 2), ("a,b\n1,2\n", 1)],
)
def test_a_bad_line_is_named_without_its_value(tmp_path, text, line):
    path = tmp_path / "friends.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileError) as caught:
        read_ids(path)
    assert caught.value.code == "GL-8053"
    assert caught.value.place.get("line") == line
    assert "たろう" not in str(caught.value)
