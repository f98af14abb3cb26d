"""A Lambda function with a town's bot, behind an HTTP API (payload 2.0) or a Function URL; handler: `app.handler`.

No process stays: the invocation that takes a webhook also answers it, within a deadline, and EventBridge calls once a minute for
what is due by itself. One function, one database (PostgreSQL, through RDS Proxy); secrets as environment variables.
"""

import base64
import json
import os
from datetime import timedelta

from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.pool import NullPool
from vendor import Login, open_city, tell

from govline.calendar import Refused
from govline.core import Actor

SPARE = timedelta(seconds=3)
"""Left for storing what came back; LINE waits two seconds for the webhook's answer, so a webhook is given less."""
WEBHOOK = timedelta(seconds=1.5)
city = open_city()
engine = create_engine(os.environ["DATABASE_URL"], poolclass=NullPool)


class AuthorizerLogin:
    """The vendor's login: the JWT authorizer of the HTTP API has checked the token; its claims say who it is."""

    def actor(self, request) -> Actor | None:
        claims = request.get("requestContext", {}).get("authorizer", {}).get("jwt", {}).get("claims")
        if not claims:
            return None
        return Actor("staff", claims["sub"], "counter", roles=claims.get("roles", "").split())


login: Login = AuthorizerLogin()


def handler(event, context):
    """Answer one event: an HTTP request, or EventBridge's schedule."""
    if "requestContext" not in event:
        return {"settled": work(context)}
    route = event["rawPath"]
    if route == "/line/webhook":
        return webhook(event, context)
    actor = login.actor(event)
    if actor is None:
        return answer(401)
    return {"/counter/bookings": book, "/notices": notice}.get(route, unknown)(actor, event)


def work(context, most=None):
    """Do what is due until little time is left; whether nothing is left to do."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis()) - SPARE
    return city.settle(deadline=city.database.clock.now() + (min(left, most) if most else left))


def webhook(event, context):
    status = city.receive(body_of(event), event["headers"].get("x-line-signature"))
    if status == 200:
        work(context, WEBHOOK)
    return answer(status)


def book(actor, event):
    """A booking taken at the counter: the vendor's reception and our booking, together or not at all."""
    order = json.loads(body_of(event))
    try:
        with engine.begin() as connection:
            with city.join(connection, actor=actor) as tx:
                key = f"reception:{order['number']}"
                booked = city.calendar.book(tx, order["slot"], None, party=order.get("party", 1), key=key)
            if isinstance(booked, Refused):
                connection.rollback()
                return answer(409, reasons=[reason.text for reason in booked.reasons])
            row = {"number": order["number"], "booking": booked.id, "clerk": actor.id}
            connection.execute(text("INSERT INTO reception VALUES (:number, :booking, :clerk)"), row)
    except IntegrityError:
        return answer(409, reasons=["the number is taken"])
    return answer(200, booking=booked.id)


def notice(actor, event):
    told = json.loads(body_of(event))
    with city.begin(actor=actor) as tx:
        return answer(200, people=tell(tx, city, told["key"], told["wards"], told["words"]))


def unknown(_actor, _event):
    return answer(404)


def body_of(event) -> bytes:
    """The raw bytes: the signature is over them, not over the text that API Gateway made of them."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def answer(status, **content):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(content),
    }
