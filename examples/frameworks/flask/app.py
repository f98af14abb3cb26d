"""A Flask backend with a town's bot: psycopg, session login, a thread as scheduler. Run: `flask run`, and `flask work` beside it."""

import os
import time

import psycopg
from flask import Flask, abort, jsonify, request, session
from vendor import TABLES, Login, Scheduler, open_city, tell

from govline.calendar import Refused
from govline.core import Actor

app = Flask(__name__)
app.secret_key = os.environ["FLASK_SECRET"]
app.config["SESSION_COOKIE_SAMESITE"] = "Strict"
city = open_city()


class SessionLogin:
    """The vendor's login: whoever signed in stands in Flask's session."""

    def actor(self, request) -> Actor | None:
        clerk = session.get("clerk")
        return Actor("staff", clerk, "counter", roles=["counter"]) if clerk else None


class LoopScheduler:
    """The vendor's scheduler: a process of its own; cron or systemd keep it running."""

    def __init__(self, rounds=None):
        self.rounds = rounds

    def every(self, seconds, work):
        done = 0
        while self.rounds is None or done < self.rounds:
            work()
            done += 1
            if done != self.rounds:
                time.sleep(seconds)


login: Login = SessionLogin()


def own_database():
    return psycopg.connect(os.environ["DATABASE_URL"].replace("+psycopg", ""), autocommit=True)


def staff() -> Actor:
    return login.actor(request) or abort(401)


@app.cli.command("prepare")
def prepare():
    """Make the tables: govline's and the vendor's."""
    city.prepare()
    with own_database() as connection:
        for table in TABLES:
            connection.execute(table)


@app.cli.command("work")
def work():
    """Answer citizens and send what waits, until stopped (`WORK_ROUNDS` bounds it)."""
    scheduler: Scheduler = LoopScheduler(int(os.environ.get("WORK_ROUNDS", "0")) or None)
    scheduler.every(0.2, city.settle)


@app.post("/line/webhook")
def webhook():
    return "", city.receive(request.get_data(), request.headers.get("X-Line-Signature"))


@app.post("/counter/bookings")
def book():
    """A booking taken at the counter: the vendor's reception and our booking, together or not at all."""
    actor, order = staff(), request.get_json()
    with own_database() as connection, connection.transaction():
        with city.join(connection, actor=actor) as tx:
            key = f"reception:{order['number']}"
            booked = city.calendar.book(tx, order["slot"], None, party=order.get("party", 1), key=key)
        if isinstance(booked, Refused):
            abort(409, [reason.text for reason in booked.reasons])
        row = (order["number"], booked.id, actor.id)
        connection.execute("INSERT INTO reception VALUES (%s, %s, %s)", row)
    return jsonify(booking=booked.id)


@app.errorhandler(psycopg.errors.UniqueViolation)
def taken(_error):
    return jsonify(reasons=["the number is taken"]), 409


@app.post("/notices")
def notice():
    actor, told = staff(), request.get_json()
    with city.begin(actor=actor) as tx:
        return jsonify(people=tell(tx, city, told["key"], told["wards"], told["words"]))
