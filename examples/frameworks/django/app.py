"""A Django backend with a town's bot: Django's connection and users, a management command as worker. One file, for reading.

Run: `python app.py prepare`, `python app.py runserver`, and `python app.py work` beside it.
"""

import json
import os
import sys
import time

import django
from django.conf import settings
from django.urls import path

settings.configure(
    SECRET_KEY=os.environ["DJANGO_SECRET"],
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["DATABASE_URL"].partition(":///")[2],
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        }
    },
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command, execute_from_command_line  # noqa: E402 - after django.setup()
from django.db import IntegrityError, connection, transaction  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402
from vendor import TABLES, Login, Scheduler, open_city, tell  # noqa: E402

from govline.calendar import Refused  # noqa: E402
from govline.core import Actor  # noqa: E402

city = open_city()


class UserLogin:
    """The vendor's login: Django's own users; groups are roles."""

    def actor(self, request) -> Actor | None:
        if not request.user.is_authenticated:
            return None
        roles = request.user.groups.values_list("name", flat=True)
        return Actor("staff", f"django:{request.user.pk}", "counter", roles=roles)


class CommandScheduler:
    """The vendor's scheduler: a management command that systemd keeps running."""

    def every(self, seconds, work):
        while True:
            work()
            time.sleep(seconds)


login: Login = UserLogin()
scheduler: Scheduler = CommandScheduler()


def prepare():
    city.prepare()
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(table)


@csrf_exempt
def webhook(request):
    return HttpResponse(status=city.receive(request.body, request.headers.get("X-Line-Signature")))


def book(request):
    """A booking taken at the counter: the vendor's reception and our booking, together or not at all."""
    actor, order = login.actor(request), json.loads(request.body)
    if actor is None:
        return HttpResponse(status=401)
    try:
        with transaction.atomic():
            with city.join(connection, actor=actor) as tx:
                key = f"reception:{order['number']}"
                booked = city.calendar.book(tx, order["slot"], None, party=order.get("party", 1), key=key)
            if isinstance(booked, Refused):
                transaction.set_rollback(True)
                return JsonResponse({"reasons": [reason.text for reason in booked.reasons]}, status=409)
            with connection.cursor() as cursor:
                row = [order["number"], booked.id, actor.id]
                cursor.execute("INSERT INTO reception VALUES (%s, %s, %s)", row)
            transaction.on_commit(city.database.nudge)
    except IntegrityError:
        return JsonResponse({"reasons": ["the number is taken"]}, status=409)
    return JsonResponse({"booking": booked.id})


def notice(request):
    actor, told = login.actor(request), json.loads(request.body)
    if actor is None:
        return HttpResponse(status=401)
    with transaction.atomic(), city.join(connection, actor=actor) as tx:
        return JsonResponse({"people": tell(tx, city, told["key"], told["wards"], told["words"])})


urlpatterns = [path("line/webhook", webhook), path("counter/bookings", book), path("notices", notice)]

if __name__ == "__main__":
    own = {"prepare": prepare, "work": lambda: scheduler.every(0.2, city.settle)}
    own.get(sys.argv[1], lambda: execute_from_command_line(sys.argv))()
