"""What the first answer of a process would wait for is loaded when its worker begins, not in the midst of an opening rush."""

import threading

from govline import City
from govline.city import LineChannel
from govline.line import SdkMessenger


def test_the_sdk_is_loaded_when_a_worker_begins_and_holds_up_nobody(any_db, monkeypatch):
    begun, go = threading.Event(), threading.Event()

    def warm():
        begun.set()
        assert go.wait(30)

    monkeypatch.setattr(SdkMessenger, "warm", staticmethod(warm))
    with City(any_db, [], name="ひなた町", line=LineChannel(lambda: ("secret",), lambda: "token")) as city:
        worker = city.background()
        worker.start()
        assert begun.wait(30)
        worker.stop()  # it is at work and ends while the SDK is still loading
        go.set()


def test_a_town_without_a_channel_loads_nothing(any_db, monkeypatch):
    loaded = []
    monkeypatch.setattr(SdkMessenger, "warm", staticmethod(lambda: loaded.append(1)))
    with City(any_db, [], name="ひなた町") as city:
        worker = city.background()
        worker.start()
        worker.stop()
    assert loaded == []
