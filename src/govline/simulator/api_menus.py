"""Endpoints of rich menus: objects, images, links, default, aliases, bulk and batch."""

import struct

from govline.simulator.endpoints import NOT_FOUND, Call, Endpoint, checked, found
from govline.simulator.model import Answer, Content, refused
from govline.simulator.sending import bad_body

__all__ = ["ENDPOINTS", "image_size"]

_IMAGE_BYTES = 1024 * 1024
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG or JPEG, read from its head; None for anything else."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    at = 2 if data[:2] == b"\xff\xd8" else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        if data[at + 1] in _SOF:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _create(call: Call) -> Answer:
    body, bad = checked(call, "richmenu")
    if bad:
        return bad
    with call.world.lock:
        menu_id = call.channel.menus.create(body)
    return (
        Answer(200, {"richMenuId": menu_id})
        if menu_id
        else refused(400, "The maximum number of rich menus is reached")
    )


def _validate(call: Call) -> Answer:
    return checked(call, "richmenu")[1] or Answer(200)


def _get(call: Call) -> Answer:
    return found(call.channel.menus.menus.get(call.path["richMenuId"]))


def _delete(call: Call) -> Answer:
    with call.world.lock:
        return Answer(200) if call.channel.menus.delete(call.path["richMenuId"]) else NOT_FOUND


def _list(call: Call) -> Answer:
    return Answer(200, {"richmenus": list(call.channel.menus.menus.values())})


def _image_problem(call: Call) -> str:
    if call.media_type not in ("image/png", "image/jpeg"):
        return "Unsupported media type"
    if len(call.body) > _IMAGE_BYTES:
        return "The image is larger than 1 MB"
    size = image_size(call.body)
    if size is None:
        return "The image cannot be read"
    width, height = size
    fine = 800 <= width <= 2500 and height >= 250 and width / height >= 1.45
    return "" if fine else "The image size is not allowed"


def _set_image(call: Call) -> Answer:
    menus, menu_id = call.channel.menus, call.path["richMenuId"]
    if menu_id not in menus.menus:
        return NOT_FOUND
    if menu_id in menus.images:
        return refused(400, "An image has already been uploaded to the richmenu")
    if problem := _image_problem(call):
        return refused(415 if problem.startswith("Unsupported") else 400, problem)
    with call.world.lock:
        menus.images[menu_id] = Content(call.media_type, call.body)
    return Answer(200)


def _image(call: Call) -> Answer:
    content = call.channel.menus.images.get(call.path["richMenuId"])
    return Answer(200, content=content) if content else NOT_FOUND


def _set_default(call: Call) -> Answer:
    menus, menu_id = call.channel.menus, call.path["richMenuId"]
    if menu_id not in menus.menus:
        return NOT_FOUND
    if menu_id not in menus.images:
        return refused(400, "must upload richmenu image before applying it to user")
    with call.world.lock:
        menus.set_default(menu_id, call.world.clock.now())
    return Answer(200)


def _default(call: Call) -> Answer:
    menu_id = call.channel.menus.default
    return found({"richMenuId": menu_id} if menu_id else None)


def _cancel_default(call: Call) -> Answer:
    with call.world.lock:
        call.channel.menus.set_default(None, call.world.clock.now())
    return Answer(200)


def _link(call: Call) -> Answer:
    menus, menu_id, user = call.channel.menus, call.path["richMenuId"], call.path["userId"]
    if menu_id not in menus.menus or user not in call.world.citizens:
        return NOT_FOUND
    if menu_id not in menus.images:
        return refused(400, "must upload richmenu image before applying it to user")
    with call.world.lock:
        menus.link([user], menu_id)
    return Answer(200)


def _linked(call: Call) -> Answer:
    menu_id = call.channel.menus.links.get(call.path["userId"])
    return found({"richMenuId": menu_id} if menu_id else None)


def _unlink(call: Call) -> Answer:
    with call.world.lock:
        call.channel.menus.unlink([call.path["userId"]])
    return Answer(200)


def _bulk_link(call: Call) -> Answer:
    body, bad = checked(call, "bulk.link")
    if bad:
        return bad
    if body["richMenuId"] not in call.channel.menus.images:
        return bad_body([{"message": "not found or without an image", "property": "richMenuId"}])
    with call.world.lock:
        call.channel.menus.link(body["userIds"], body["richMenuId"])
    return Answer(202)


def _bulk_unlink(call: Call) -> Answer:
    body, bad = checked(call, "bulk.unlink")
    if bad is None:
        with call.world.lock:
            call.channel.menus.unlink(body["userIds"])
    return bad or Answer(202)


def _batch(call: Call) -> Answer:
    body, bad = checked(call, "batch")
    if bad:
        return bad
    menus = call.channel.menus
    with call.world.lock:
        before = dict(menus.links)
        for step in body["operations"]:
            leaving = [user for user, menu in before.items() if step.get("from", menu) == menu]
            if step["type"] == "link":
                menus.link(leaving, step["to"])
            else:
                menus.unlink(leaving)
        call.channel.menu_batches[call.request_id] = call.world.clock.now()
    return Answer(202)


def _batch_progress(call: Call) -> Answer:
    at = call.channel.menu_batches.get(call.query.get("requestId", ""))
    if at is None:
        return NOT_FOUND
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return Answer(200, {"phase": "succeeded", "acceptedTime": stamp, "completedTime": stamp})


def _validate_batch(call: Call) -> Answer:
    return checked(call, "batch")[1] or Answer(200)


def _create_alias(call: Call) -> Answer:
    body, bad = checked(call, "alias")
    if bad:
        return bad
    menus = call.channel.menus
    if body["richMenuAliasId"] in menus.aliases:
        return refused(400, "conflict richmenu alias id")
    if body["richMenuId"] not in menus.images:
        return refused(400, "richmenu not found or without an image")
    with call.world.lock:
        menus.aliases[body["richMenuAliasId"]] = body["richMenuId"]
    return Answer(200)


def _update_alias(call: Call) -> Answer:
    body, bad = checked(call, "alias.update")
    if bad:
        return bad
    menus, alias = call.channel.menus, call.path["richMenuAliasId"]
    if alias not in menus.aliases:
        return refused(404, "richmenu alias not found")
    if body["richMenuId"] not in menus.images:
        return refused(400, "richmenu not found or without an image")
    with call.world.lock:
        menus.aliases[alias] = body["richMenuId"]
    return Answer(200)


def _alias(call: Call) -> Answer:
    alias = call.path["richMenuAliasId"]
    menu_id = call.channel.menus.aliases.get(alias)
    return found({"richMenuAliasId": alias, "richMenuId": menu_id} if menu_id else None)


def _delete_alias(call: Call) -> Answer:
    with call.world.lock:
        gone = call.channel.menus.aliases.pop(call.path["richMenuAliasId"], None)
    return Answer(200) if gone else refused(404, "richmenu alias not found")


def _aliases(call: Call) -> Answer:
    rows = call.channel.menus.aliases.items()
    return Answer(200, {"aliases": [{"richMenuAliasId": alias, "richMenuId": menu} for alias, menu in rows]})


_MENU = "/v2/bot/richmenu"
_ONE = _MENU + "/{richMenuId}"
_ALIAS = _MENU + "/alias/{richMenuAliasId}"
_ALL = "/v2/bot/user/all/richmenu"
_USER = "/v2/bot/user/{userId}/richmenu"

ENDPOINTS = (
    Endpoint("richmenu.create", "POST", _MENU, _create),
    Endpoint("richmenu.validate", "POST", _MENU + "/validate", _validate),
    Endpoint("richmenu.list", "GET", _MENU + "/list", _list),
    Endpoint("richmenu.bulk_link", "POST", _MENU + "/bulk/link", _bulk_link),
    Endpoint("richmenu.bulk_unlink", "POST", _MENU + "/bulk/unlink", _bulk_unlink),
    Endpoint("richmenu.batch", "POST", _MENU + "/batch", _batch),
    Endpoint("richmenu.batch_validate", "POST", _MENU + "/validate/batch", _validate_batch),
    Endpoint("richmenu.batch_progress", "GET", _MENU + "/progress/batch", _batch_progress),
    Endpoint("richmenu.alias_list", "GET", _MENU + "/alias/list", _aliases),
    Endpoint("richmenu.alias_create", "POST", _MENU + "/alias", _create_alias),
    Endpoint("richmenu.alias", "GET", _ALIAS, _alias),
    Endpoint("richmenu.alias_update", "POST", _ALIAS, _update_alias),
    Endpoint("richmenu.alias_delete", "DELETE", _ALIAS, _delete_alias),
    Endpoint("richmenu.image_set", "POST", _ONE + "/content", _set_image),
    Endpoint("richmenu.image", "GET", _ONE + "/content", _image),
    Endpoint("richmenu.get", "GET", _ONE, _get),
    Endpoint("richmenu.delete", "DELETE", _ONE, _delete),
    Endpoint("richmenu.default_set", "POST", _ALL + "/{richMenuId}", _set_default),
    Endpoint("richmenu.default", "GET", _ALL, _default),
    Endpoint("richmenu.default_cancel", "DELETE", _ALL, _cancel_default),
    Endpoint("richmenu.link", "POST", _USER + "/{richMenuId}", _link),
    Endpoint("richmenu.linked", "GET", _USER, _linked),
    Endpoint("richmenu.unlink", "DELETE", _USER, _unlink),
)
