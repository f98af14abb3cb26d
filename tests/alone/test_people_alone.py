"""People alone: who may do what, decided from a mapping, for a backend with a login of its own."""

import subprocess
import sys

from govline.core import Actor
from govline.people import RolePolicy


def test_five_lines() -> None:
    policy = RolePolicy(
        {
            "departments": {
                "fukushi": {"label": "福祉部"},
                "kosodate": {"label": "子育て課", "parent": "fukushi"},
            },
            "roles": {"approver": {"label": "承認者", "verbs": ["delivery.approve"]}},
        }
    )
    head = Actor("staff", "s1", "web", roles=frozenset({"fukushi:approver"}))
    assert policy.refuses(head, "delivery.approve", department="kosodate") is None
    refused = policy.refuses(head, "people.manage")
    assert refused is not None
    assert refused.text == "「職員の権限を変える」の権限がありません。この町には、できる役割がありません。"


def test_it_loads_neither_sqlalchemy_nor_the_store() -> None:
    code = (
        "import sys, govline.people as p; p.RolePolicy({}); p.lint(p.RolePolicy({})); "
        "print([m for m in sys.modules if m.split('.')[0] in ('sqlalchemy', 'linebot') or m == 'govline.store'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
