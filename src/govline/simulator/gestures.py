"""What a citizen's thumb does: say, tap, send, follow, block. Each becomes a line of the talk and a webhook event."""

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from govline.core import Json
from govline.errors import InputError
from govline.simulator.actions import actions_in
from govline.simulator.channel import Channel, Friendship
from govline.simulator.events import EventWriter
from govline.simulator.model import Content, Entry
from govline.simulator.webhooks import Postman
from govline.simulator.world import LineWorld

__all__ = ["Thumb", "tappable"]

_ASKS = {"location": "location", "camera": "camera", "cameraRoll": "image"}


def tappable(talk: list[Entry], menu: Mapping[str, Json] | None) -> list[dict[str, Any]]:
    """What can be tapped, nearest first: quick replies of the last message only, then bubbles upwards, then the menu."""
    found: list[dict[str, Any]] = []
    for back, entry in enumerate(reversed(talk)):
        if entry.side != "town":
            continue
        message = dict(entry.message)
        quick = message.pop("quickReply", None)
        if back == 0:
            found += actions_in(quick)
        found += actions_in(message)
    return found + list(actions_in(menu))


@frozen
class Thumb:
    """A citizen of one channel, acting."""

    world: LineWorld
    channel: Channel
    postman: Postman
    user: str

    @property
    def _events(self) -> EventWriter:
        return EventWriter(self.world.clock, self.world.mint)

    def _friend(self) -> Friendship:
        self.world.citizen(self.user)
        friendship = self.channel.friendship(self.user)
        if not friendship.friend:
            raise InputError("this citizen is no friend of the town", code="GL-8406", hint="follow first")
        return friendship

    def _show(self, via: str, message: dict[str, Any], message_id: str) -> Entry:
        return self.channel.append(self.user, "citizen", via, message, message_id=message_id)

    def _send(self, via: str, shown: dict[str, Any], content: dict[str, Any]) -> Entry:
        with self.world.lock:
            entry = self._show(via, shown, content["id"])
            token = self.channel.issue_reply_token(self.user)
        self.postman.post(self.channel, [self._events.message(self.user, token, content)])
        return entry

    def say(self, text: str) -> Entry:
        """Type a text and send it."""
        self._friend()
        content = self._events.text(self.world.mint.message_id(), text)
        return self._send("say", {"type": "text", "text": text}, content)

    def send_location(self, latitude: float, longitude: float, title: str = "", address: str = "") -> Entry:
        self._friend()
        content = EventWriter.location(self.world.mint.message_id(), latitude, longitude, title, address)
        return self._send("location", {key: value for key, value in content.items() if key != "id"}, content)

    def send_image(self, data: bytes, media_type: str) -> Entry:
        """Send a picture; the town fetches its bytes from the content endpoint."""
        self._friend()
        content = self._events.image(self.world.mint.message_id())
        with self.world.lock:
            self.channel.contents[content["id"]] = Content(media_type, data)
        return self._send("image", {"type": "image", "contentId": content["id"]}, content)

    def send_sticker(self, package: str, sticker: str) -> Entry:
        self._friend()
        content = self._events.sticker(self.world.mint.message_id(), package, sticker)
        return self._send("sticker", {"type": "sticker", "packageId": package, "stickerId": sticker}, content)

    def follow(self) -> Entry:
        """Add the town as a friend, or unblock it."""
        self.world.citizen(self.user)
        with self.world.lock:
            again = self.channel.befriend(self.user)
            self.channel.friendship(self.user).opened = self.world.clock.now()
            text = "ブロックを解除しました" if again else "友だちに追加しました"
            entry = self.channel.append(self.user, "note", "follow", {"type": "text", "text": text})
            token = self.channel.issue_reply_token(self.user)
        event = self._events.event("follow", self.user, replyToken=token, follow={"isUnblocked": again})
        self.postman.post(self.channel, [event])
        return entry

    def block(self) -> Entry:
        """Block the town: LINE tells it, and delivers nothing more."""
        self._friend()
        with self.world.lock:
            self.channel.block(self.user)
            entry = self.channel.append(
                self.user, "note", "unfollow", {"type": "text", "text": "ブロックしました"}
            )
        self.postman.post(self.channel, [self._events.event("unfollow", self.user)])
        return entry

    def unsend(self, message_id: str) -> None:
        """Take a sent message back; the town must stop using it."""
        self._friend()
        with self.world.lock:
            talk = self.channel.talks[self.user]
            if not any(each.message_id == message_id and each.side == "citizen" for each in talk):
                raise InputError("no such message", code="GL-8407")
            self.channel.contents.pop(message_id, None)
            self.channel.append(
                self.user,
                "note",
                "unsend",
                {"type": "text", "text": "送信を取り消しました", "messageId": message_id},
            )
        self.postman.post(
            self.channel, [self._events.event("unsend", self.user, unsend={"messageId": message_id})]
        )

    def link_account(self, link_token: str, nonce: str) -> str:
        """Come back from the town's page with a link token (single use, 10 minutes): `ok` or `failed`."""
        self._friend()
        with self.world.lock:
            user, until = self.channel.link_tokens.pop(link_token, ("", self.world.clock.now()))
            fine = user == self.user and until > self.world.clock.now()
            token = self.channel.issue_reply_token(self.user)
        result = "ok" if fine else "failed"
        link = {"result": result, "nonce": nonce}
        self.postman.post(
            self.channel, [self._events.event("accountLink", self.user, replyToken=token, link=link)]
        )
        return result

    def open(self) -> None:
        """Open the talk: the default rich menu is looked up anew, everything counts as read."""
        with self.world.lock:
            friendship = self.channel.friendship(self.user)
            friendship.opened = self.world.clock.now()
            friendship.read = len(self.channel.talks.get(self.user, ()))

    def menu(self) -> dict[str, Any] | None:
        """The rich menu this citizen sees now."""
        with self.world.lock:
            friendship = self.channel.friendship(self.user)
            if not friendship.friend:
                return None
            return self.channel.menus.shown(self.user, self.world.clock.now(), friendship.opened)

    def tap_label(self, label: str, params: dict[str, str] | None = None) -> dict[str, Any]:
        """Tap what carries this label now.

        Raises:
            InputError: GL-8408, nothing on the screen carries it; `hint` lists what does.
        """
        with self.world.lock:
            offered = tappable(self.channel.talks.get(self.user, []), self.menu())
        for action in offered:
            if action.get("label") == label:
                return self.tap(action, params)
        seen = list(dict.fromkeys(str(action.get("label")) for action in offered if action.get("label")))
        raise InputError("nothing with this label can be tapped", code="GL-8408", hint=" / ".join(seen[:30]))

    def tap(self, action: Mapping[str, Json], params: dict[str, str] | None = None) -> dict[str, Any]:
        """Do an action object. Answers what the phone does next: `{"open": url}`, `{"ask": "location"}` or `{}`."""
        kind = str(action.get("type"))
        if kind == "uri":
            with self.world.lock:
                self.channel.taps[self.user, str(action.get("uri"))] += 1
            return {"open": action.get("uri")}
        if kind == "clipboard":
            return {"copy": action.get("clipboardText")}
        if kind in _ASKS:
            return {"ask": _ASKS[kind]}
        self._friend()
        if kind == "message":
            self.say(str(action.get("text")))
        elif kind == "richmenuswitch":
            self._switch(action)
        elif kind == "datetimepicker" and not params:
            raise InputError("a date picker needs params", code="GL-8409", hint='{"date": "2026-12-01"}')
        elif kind in ("postback", "datetimepicker"):
            self._postback(action, params if kind == "datetimepicker" else None)
        else:
            raise InputError("this action cannot be tapped", code="GL-8409")
        return {"fillIn": action["fillInText"]} if action.get("fillInText") else {}

    def _switch(self, action: Mapping[str, Json]) -> None:
        alias = str(action.get("richMenuAliasId"))
        with self.world.lock:
            menus = self.channel.menus
            target = menus.aliases.get(alias, "")
            status = (
                "RICHMENU_ALIAS_ID_NOTFOUND"
                if alias not in menus.aliases
                else "SUCCESS"
                if target in menus.menus
                else "RICHMENU_NOTFOUND"
            )
            if status == "SUCCESS":
                menus.link([self.user], target)
        self._postback(action, {"newRichMenuAliasId": alias, "status": status})

    def _postback(self, action: Mapping[str, Json], params: dict[str, str] | None) -> None:
        postback = {"data": str(action.get("data", "")), **({"params": params} if params else {})}
        spoken = action.get("displayText") or action.get("text")
        with self.world.lock:
            if spoken:
                self._show("tap", {"type": "text", "text": spoken}, self.world.mint.message_id())
            token = self.channel.issue_reply_token(self.user)
        events = self._events
        batch = [events.event("postback", self.user, replyToken=token, postback=postback)]
        if action.get("text") and not action.get("displayText"):
            content = events.text(self.world.mint.message_id(), str(action["text"]))
            batch.append(events.message(self.user, self.channel.issue_reply_token(self.user), content))
        self.postman.post(self.channel, batch)
