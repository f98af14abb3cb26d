"""The four examples, each in its real framework, walked against the loopback simulator."""

import base64
import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from govline.simulator.server import serve

POSTED = {"content-type": "application/json"}
CLERK = """
import runpy, sys
sys.argv = [sys.argv[1]]
runpy.run_path(sys.argv[0])
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore

user, session = User.objects.create_user("clerk7"), SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print("session", session.session_key)
"""


def test_fastapi(environment, walk, load_example, sqlite_url):
    environment("DATABASE_URL", sqlite_url)
    example = load_example("fastapi")
    with serve(example.app) as url, urllib3.PoolManager(retries=False, timeout=20) as http:

        def deliver(body, signature):
            headers = {"x-line-signature": signature}
            return http.request("POST", url + "/line/webhook", body=body, headers=headers).status

        def post(path, body, clerk):
            headers = {**POSTED, **({"x-clerk": clerk} if clerk else {})}
            answer = http.request("POST", url + path, body=json.dumps(body), headers=headers)
            return answer.status, answer.json()

        walk(sqlite_url).run(deliver, post, lambda: None)  # the app's own scheduler works


def test_flask(environment, walk, load_example, postgres_url):
    environment("DATABASE_URL", postgres_url)
    environment("WORK_ROUNDS", "1")
    example = load_example("flask")
    runner = example.app.test_cli_runner()
    assert runner.invoke(args=["prepare"]).exit_code == 0

    def deliver(body, signature):
        headers = {"X-Line-Signature": signature}
        return example.app.test_client().post("/line/webhook", data=body, headers=headers).status_code

    def post(path, body, clerk):
        http = example.app.test_client()
        if clerk:
            with http.session_transaction() as session:
                session["clerk"] = clerk
        answer = http.post(path, json=body)
        return answer.status_code, answer.get_json(silent=True)

    def work():
        assert runner.invoke(args=["work"]).exit_code == 0

    walk(postgres_url).run(deliver, post, work)
    example.city.close()


class Context:
    """What Lambda tells a function about the invocation."""

    def get_remaining_time_in_millis(self):
        return 30_000


def http_event(path, body, *, headers=None, claims=None, encoded=False):
    """An event as an HTTP API (payload format 2.0) or a Function URL sends it."""
    told = {"http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}}
    if claims is not None:
        told["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json; charset=utf-8", **(headers or {})},
        "requestContext": told,
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
        "isBase64Encoded": encoded,
    }


def test_aws_lambda(environment, walk, load_example, postgres_url):
    environment("DATABASE_URL", postgres_url)
    example = load_example("aws_lambda")
    example.city.prepare()
    with example.engine.begin() as connection:
        for table in sys.modules["vendor"].TABLES:
            connection.execute(example.text(table))
    count = iter(range(1000))

    def deliver(body, signature):
        headers = {"x-line-signature": signature}
        event = http_event("/line/webhook", body, headers=headers, encoded=next(count) % 2 == 0)
        return example.handler(event, Context())["statusCode"]

    def post(path, body, clerk):
        claims = {"sub": clerk, "roles": "counter"} if clerk else None
        answer = example.handler(http_event(path, json.dumps(body).encode(), claims=claims), Context())
        return answer["statusCode"], json.loads(answer["body"])

    def scheduled():
        assert example.handler({"version": "0", "source": "aws.events"}, Context()) == {"settled": True}

    town = walk(postgres_url)
    town.run(deliver, post, scheduled)
    assert post("/nowhere", {}, "clerk7")[0] == 404
    example.engine.dispose()
    example.city.close()


def test_aws_lambda_answers_in_the_invocation_of_the_webhook(
    environment, walk, load_example, postgres_url, line
):
    from govline.simulator import SimulatorClient

    environment("DATABASE_URL", postgres_url)
    example = load_example("aws_lambda")
    example.city.prepare()
    world, url = line
    with SimulatorClient(url) as client:
        ann = client.citizen("安")
        from govline.line import sign

        event = {
            "type": "follow",
            "mode": "active",
            "timestamp": 1_795_000_000_000,
            "source": {"type": "user", "userId": ann.user_id},
            "webhookEventId": "01FOLLOW",
            "deliveryContext": {"isRedelivery": False},
            "replyToken": world.channel().issue_reply_token(ann.user_id),
            "follow": {"isUnblocked": False},
        }
        body = json.dumps({"destination": "", "events": [event]}).encode()
        headers = {"x-line-signature": sign(world.channel().settings.secret, body)}
        answer = example.handler(http_event("/line/webhook", body, headers=headers), Context())
        assert answer["statusCode"] == 200
        assert len(ann.messages()) == 1
    example.engine.dispose()
    example.city.close()


@pytest.fixture
def django_town(environment, examples, sqlite_url, keys):
    """Django's own server and the worker command, each in a process; Django's settings are one a process."""
    environment("DATABASE_URL", sqlite_url)
    environment("PYTHONPATH", str(examples))
    app = [sys.executable, str(examples / "django" / "app.py")]
    subprocess.run([*app, "prepare"], check=True)
    made = subprocess.run([sys.executable, "-c", CLERK, app[1]], check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    session = re.search(r"session (\w+)", made.stdout)[1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [*app, "runserver", "--noreload", f"127.0.0.1:{port}"], stderr=subprocess.DEVNULL
    )
    worker = subprocess.Popen([*app, "work"])
    yield f"http://127.0.0.1:{port}", session
    for process in (server, worker):
        process.terminate()
        process.wait(60)


def test_django(walk, sqlite_url, django_town):
    url, session = django_town
    with urllib3.PoolManager(retries=False, timeout=20) as http:
        until = time.monotonic() + 120
        while True:
            try:
                http.request("GET", url + "/nowhere")
                break
            except urllib3.exceptions.HTTPError:
                assert time.monotonic() < until
                time.sleep(0.05)

        def deliver(body, signature):
            headers = {"X-Line-Signature": signature}
            return http.request("POST", url + "/line/webhook", body=body, headers=headers).status

        def post(path, body, clerk):
            cookies = f"csrftoken={'c' * 32}" + (f"; sessionid={session}" if clerk else "")
            headers = {**POSTED, "X-CSRFToken": "c" * 32, "Cookie": cookies}
            answer = http.request("POST", url + path, body=json.dumps(body), headers=headers)
            return answer.status, answer.json() if answer.data else None

        walk(sqlite_url).run(deliver, post, lambda: None)
        unprotected = http.request(
            "POST", url + "/notices", body=b"{}", headers={"Cookie": f"sessionid={session}"}
        )
        assert unprotected.status == 403  # no CSRF token
    assert os.environ["DATABASE_URL"] == sqlite_url


@pytest.mark.parametrize("name", ["fastapi", "django", "flask", "aws_lambda"])
def test_the_commands_of_a_readme_come_with_its_requirements(name):
    """`govline key new` is a command of the extra `cli`; an environment made from the README must have it."""
    folder = Path(__file__).parents[3] / "examples" / "frameworks" / name
    needed = (folder / "requirements.txt").read_text(encoding="utf-8")
    for readme in ("README.md", "README.ja.md"):
        if "govline key new" in (folder / readme).read_text(encoding="utf-8"):
            assert "govline[cli," in needed
