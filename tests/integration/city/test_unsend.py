"""A message that the citizen takes back is taken away here too, and LINE's redelivery of it changes nothing."""

from govline.store import footprints, identity, inbox


def bodies(city, citizen):
    from govline.store import _queries_inbox as q

    return city.read(
        lambda tx: [inbox._opened(tx, row, 0).body for row in tx.all(q.MESSAGES_OF, {"who": citizen})]
    )


def test_the_content_goes_at_once(city, post, body, echo):
    said = body.text("雀の秘密")
    kept = body.text("残る言葉")
    assert post(body.raw(said)) == 200
    assert post(body.raw(kept)) == 200
    assert city.settle()
    citizen = city.read(lambda tx: identity.find_citizen(tx, body.user))
    assert any("雀の秘密" in text for text in bodies(city, citizen))
    taken = {**body.text("x"), "type": "unsend", "unsend": {"messageId": said["message"]["id"]}}
    del taken["message"], taken["replyToken"]
    assert post(body.raw(taken)) == 200
    assert city.settle()
    left = bodies(city, citizen)
    assert not any("雀の秘密" in text for text in left)
    assert any("残る言葉" in text for text in left)
    heard = len(echo.heard)
    again = {**said, "deliveryContext": {"isRedelivery": True}}
    assert post(body.raw(again)) == 200
    assert city.settle()
    assert len(echo.heard) == heard
    assert not any("雀の秘密" in text for text in bodies(city, citizen))
    assert city.read(inbox.counts)["done"]["unsend"] == 1
    assert city.read(lambda tx: footprints.find(tx, ["not here at all"])) == {}


def test_a_message_taken_back_before_it_was_handled_is_not_handled(city, post, body, echo):
    said = body.text("早すぎた言葉")
    assert post(body.raw(said)) == 200
    citizen = city.read(lambda tx: identity.find_citizen(tx, body.user))
    assert city.run(lambda tx: inbox.unsend(tx, citizen, said["message"]["id"])) == said["webhookEventId"]
    assert city.run(lambda tx: inbox.unsend(tx, citizen, "unknown")) is None
    assert city.settle()
    assert echo.heard == []
