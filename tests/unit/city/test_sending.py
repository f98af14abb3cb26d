"""The town's queues: what a killed worker leaves is taken up in time."""

from datetime import timedelta

from govline.city.sending import QUEUES

TOKEN = timedelta(seconds=60)
"""A reply token works once and lives about a minute."""
CALL = timedelta(seconds=13)
"""SdkMessenger's time limits for one call; a living worker renews its lease at half."""


def test_a_killed_worker_s_replies_are_taken_up_while_their_tokens_live():
    lease = QUEUES["reply"].lease
    assert lease < TOKEN / 2
    assert lease > CALL
