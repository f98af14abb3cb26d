"""Endpoints of audiences: made from ids, from a file, from who tapped or saw a message; listed, renamed, deleted."""

from collections.abc import Callable
from email import message_from_bytes

from govline.core import Json
from govline.simulator.audiences import Audience
from govline.simulator.endpoints import Call, Endpoint, checked
from govline.simulator.insight import reach
from govline.simulator.model import Answer, refused
from govline.simulator.validation import USER_ID

__all__ = ["ENDPOINTS"]

_PAGE = 20
_LARGEST_PAGE = 40
_MISSING = refused(400, "The audience group does not exist")
_FULL = refused(400, "The maximum number of audience groups has been reached")


def _asked(call: Call, number: Json) -> Audience | None:
    return call.channel.audiences.groups.get(int(number)) if str(number).isdecimal() else None


def _given(audience: Audience | None) -> Answer:
    return Answer(202, audience.head()) if audience else _FULL


def _create(call: Call) -> Answer:
    body, bad = checked(call, "audience")
    if bad:
        return bad
    users = [each["id"] for each in body.get("audiences") or ()]
    with call.world.lock:
        return _given(call.channel.audiences.create(body["description"], "UPLOAD", users))


def _add(call: Call) -> Answer:
    body, bad = checked(call, "audience.add")
    if bad:
        return bad
    audience = _asked(call, body["audienceGroupId"])
    if audience is None:
        return _MISSING
    with call.world.lock:
        users = [each["id"] for each in body["audiences"]]
        call.channel.audiences.add(audience, users, body.get("uploadDescription") or "")
    return Answer(202)


def _parts(call: Call) -> dict[str, str]:
    """The fields of a multipart body; the file among them, by its field's name."""
    head = b"content-type: " + call.content_type.encode() + b"\r\n\r\n"
    parts = message_from_bytes(head + call.body).get_payload()
    fields: dict[str, str] = {}
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, str):
            continue
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(data, bytes):
            fields[name] = data.decode(errors="replace")
    return fields


def _lines(call: Call, text: str) -> list[str] | None:
    """User ids, one a line; None when a line is none or there are too many."""
    ids = [line.strip() for line in text.splitlines() if line.strip()]
    fine = 0 < len(ids) <= call.world.limits.audience_file and all(USER_ID.fullmatch(each) for each in ids)
    return ids if fine else None


def _create_by_file(call: Call) -> Answer:
    fields = _parts(call)
    users = _lines(call, fields.get("file", ""))
    if users is None or not fields.get("description"):
        return refused(400, "The file or the description is invalid")
    with call.world.lock:
        return _given(call.channel.audiences.create(fields["description"], "UPLOAD", users))


def _add_by_file(call: Call) -> Answer:
    fields = _parts(call)
    users, audience = _lines(call, fields.get("file", "")), _asked(call, fields.get("audienceGroupId", ""))
    if audience is None:
        return _MISSING
    if users is None:
        return refused(400, "The file is invalid")
    with call.world.lock:
        call.channel.audiences.add(audience, users, fields.get("uploadDescription", ""))
    return Answer(202)


def _from_message(kind: str, shape: str) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        body, bad = checked(call, shape)
        if bad:
            return bad
        channel, request, url = call.channel, body["requestId"], body.get("clickUrl")
        if request not in channel.cast:
            return refused(400, "The value for the 'requestId' parameter is invalid")
        with call.world.lock:
            found = reach(channel, [request])
            taps = {user for address, user in found.clicks(channel) if url in (None, address)}
            facts = {"requestId": request, **({"clickUrl": url} if url else {})}
            users = taps if kind == "CLICK" else found.viewers()
            return _given(channel.audiences.create(body["description"], kind, users, **facts))

    return run


def _list(call: Call) -> Answer:
    page, size = call.query.get("page", ""), call.query.get("size", str(_PAGE))
    if not (page.isdecimal() and int(page) >= 1 and size.isdecimal() and 1 <= int(size) <= _LARGEST_PAGE):
        return refused(400, "The value of page or size is invalid")
    now, words, status = call.world.clock.now(), call.query.get("description", ""), call.query.get("status")
    with call.world.lock:
        groups = [
            each.to_json(now)
            for each in reversed(call.channel.audiences.groups.values())
            if words in each.description and status in (None, each.status(now))
        ]
    start = (int(page) - 1) * int(size)
    shown = groups[start : start + int(size)]
    facts = {"page": int(page), "size": int(size), "totalCount": len(groups)}
    more = start + len(shown) < len(groups)
    return Answer(
        200,
        {
            "audienceGroups": shown,
            "hasNextPage": more,
            "readWriteAudienceGroupTotalCount": len(groups),
            **facts,
        },
    )


def _get(call: Call) -> Answer:
    audience = _asked(call, call.path["audienceGroupId"])
    if audience is None:
        return _MISSING
    return Answer(200, {"audienceGroup": audience.to_json(call.world.clock.now()), "jobs": audience.jobs})


def _rename(call: Call) -> Answer:
    body, bad = checked(call, "audience.rename")
    audience = _asked(call, call.path["audienceGroupId"])
    if bad or audience is None:
        return bad or _MISSING
    audience.description = body["description"]
    return Answer(200)


def _delete(call: Call) -> Answer:
    audience = _asked(call, call.path["audienceGroupId"])
    if audience is None:
        return _MISSING
    with call.world.lock:
        call.channel.audiences.groups.pop(audience.number, None)
    return Answer(200)


_GROUP = "/v2/bot/audienceGroup"
_ONE = _GROUP + "/{audienceGroupId}"

ENDPOINTS = (
    Endpoint("audience.create", "POST", _GROUP + "/upload", _create, "audience"),
    Endpoint("audience.add", "PUT", _GROUP + "/upload", _add, "audience"),
    Endpoint("audience.create_by_file", "POST", _GROUP + "/upload/byFile", _create_by_file, "audience"),
    Endpoint("audience.add_by_file", "PUT", _GROUP + "/upload/byFile", _add_by_file, "audience"),
    Endpoint(
        "audience.click", "POST", _GROUP + "/click", _from_message("CLICK", "audience.click"), "audience"
    ),
    Endpoint("audience.imp", "POST", _GROUP + "/imp", _from_message("IMP", "audience.imp"), "audience"),
    Endpoint("audience.list", "GET", _GROUP + "/list", _list, "audience"),
    Endpoint("audience.rename", "PUT", _ONE + "/updateDescription", _rename, "audience"),
    Endpoint("audience.get", "GET", _ONE, _get, "audience"),
    Endpoint("audience.delete", "DELETE", _ONE, _delete, "audience"),
)
