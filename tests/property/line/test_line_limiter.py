"""However calls come, no window of a limit's length ever holds more than the limit."""

from hypothesis import given, settings
from hypothesis import strategies as st

from govline.line.limiter import Limit, Limiter


class Time:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.now += seconds


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 60),
    st.sampled_from([0.5, 1.0, 60.0]),
    st.integers(0, 70),
    st.lists(st.floats(0, 1), min_size=1, max_size=150),
)
def test_no_window_holds_more_than_the_limit(calls, seconds, burst, gaps):
    time = Time()
    limiter = Limiter({"a": Limit(calls, seconds, burst)}, patience=0.3, clock=time, wait=time.wait)
    sent = []
    for gap in gaps:
        time.now += gap * seconds / 20
        turn = limiter.reserve("a")
        if not turn.refused:
            turn.call(lambda: sent.append(time.now))
    for start in sent:
        assert sum(start <= moment < start + seconds * (1 - 1e-9) for moment in sent) <= calls
