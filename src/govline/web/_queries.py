"""The statements of the pages, built once."""

from typing import Final

from sqlalchemy import Table, bindparam, case, delete, insert, select, tuple_, update

from govline.store import Statement
from govline.store._upsert import insert_unless_known
from govline.web._tables import drafts, links, sessions, spent, staff, submissions

__all__ = [
    "ADD_LINK",
    "ADD_SESSION",
    "ADD_STAFF",
    "DRAFT",
    "DROP_DRAFT",
    "DROP_SESSION",
    "END_SESSIONS",
    "FAIL_STAFF",
    "FORGET",
    "LINK",
    "LIST_STAFF",
    "MEMBER",
    "PASS_STAFF",
    "PURGE",
    "REMOVE_STAFF",
    "RESULT",
    "SAVE_DRAFT",
    "SESSION",
    "SPEND",
    "STAFF",
    "SUBMIT",
    "SUBMITTED",
    "USE_LINK",
]

_hash: Final = bindparam("hash_is", type_=sessions.c.hash.type)


def _purge(table: Table) -> Statement:
    """Delete a small page of what has expired: no statement holds the writer for long."""
    keys = [*table.primary_key.columns]
    old = (
        select(*keys)
        .where(table.c.expires < bindparam("before", type_=table.c.expires.type))
        .limit(bindparam("most"))
    )
    return Statement(f"web.purge_{table.name}", delete(table).where(tuple_(*keys).in_(old)))


ADD_SESSION: Final = Statement("web.add_session", insert(sessions))
SESSION: Final = Statement(
    "web.session",
    select(sessions.c.kind, sessions.c.subject, sessions.c.created, sessions.c.expires).where(
        sessions.c.hash == _hash
    ),
)
DROP_SESSION: Final = Statement("web.drop_session", delete(sessions).where(sessions.c.hash == _hash))
END_SESSIONS: Final = Statement(
    "web.end_sessions",
    delete(sessions).where(sessions.c.kind == bindparam("of_kind"), sessions.c.subject == bindparam("who")),
)
SPEND: Final = insert_unless_known("web.spend", spent, "hash")

DRAFT: Final = Statement(
    "web.draft",
    select(drafts.c.sealed, drafts.c.expires).where(drafts.c.hash == _hash),
)
SAVE_DRAFT: Final = insert_unless_known(
    "web.save_draft",
    drafts,
    "hash",
    change={"sealed": bindparam("sealed"), "expires": bindparam("expires", type_=drafts.c.expires.type)},
)
DROP_DRAFT: Final = Statement("web.drop_draft", delete(drafts).where(drafts.c.hash == _hash))

SUBMIT: Final = insert_unless_known("web.submit", submissions, "hash")
SUBMITTED: Final = Statement("web.submitted", select(submissions.c.sealed).where(submissions.c.hash == _hash))
RESULT: Final = Statement(
    "web.result",
    update(submissions).where(submissions.c.hash == _hash).values(sealed=bindparam("result")),
)

ADD_LINK: Final = Statement("web.add_link", insert(links))
LINK: Final = Statement(
    "web.link",
    select(
        links.c.hash,
        links.c.page,
        links.c.citizen,
        links.c.sealed,
        links.c.once,
        links.c.used,
        links.c.expires,
    ).where(links.c.hash == _hash),
)
USE_LINK: Final = Statement(
    "web.use_link",
    update(links)
    .where(links.c.hash == _hash, links.c.used.is_(None))
    .values(used=bindparam("at", type_=links.c.used.type)),
)

STAFF: Final = Statement(
    "web.staff",
    select(staff.c.id, staff.c.password, staff.c.locked).where(staff.c.name == bindparam("who")),
)
MEMBER: Final = Statement(
    "web.member",
    select(staff.c.name, staff.c.roles, staff.c.departments).where(staff.c.id == bindparam("member")),
)
LIST_STAFF: Final = Statement(
    "web.list_staff", select(staff.c.name, staff.c.roles, staff.c.departments).order_by(staff.c.name)
)
ADD_STAFF: Final = insert_unless_known("web.add_staff", staff, "name")
REMOVE_STAFF: Final = Statement("web.remove_staff", delete(staff).where(staff.c.name == bindparam("who")))
FAIL_STAFF: Final = Statement(
    "web.fail_staff",
    update(staff)
    .where(staff.c.name == bindparam("who"))
    .values(
        failures=case((staff.c.failures + 1 >= bindparam("most"), 0), else_=staff.c.failures + 1),
        locked=case(
            (staff.c.failures + 1 >= bindparam("most"), bindparam("until", type_=staff.c.locked.type)),
            else_=staff.c.locked,
        ),
    ),
)
PASS_STAFF: Final = Statement(
    "web.pass_staff",
    update(staff).where(staff.c.name == bindparam("who")).values(failures=0, locked=None),
)

PURGE: Final = tuple(_purge(table) for table in (sessions, spent, drafts, submissions, links))
FORGET: Final = tuple(
    Statement(f"web.forget_{table.name}", delete(table).where(column == bindparam("who")))
    for table, column in (
        (sessions, sessions.c.subject),
        (drafts, drafts.c.subject),
        (submissions, submissions.c.subject),
        (links, links.c.citizen),
    )
)
