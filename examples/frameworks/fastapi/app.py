"""A FastAPI backend with a town's bot: SQLAlchemy session, header login, asyncio as scheduler. Run: `uvicorn app:app`."""

import asyncio
import os
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from vendor import TABLES, Login, Scheduler, open_city, tell

from govline.calendar import Refused
from govline.core import Actor


class HeaderLogin:
    """The vendor's login: here a gateway in front of us names the clerk; a real one checks a session or a JWT."""

    def actor(self, request: Request) -> Actor | None:
        clerk = request.headers.get("x-clerk")
        return Actor("staff", clerk, "counter", roles=["counter"]) if clerk else None


class LoopScheduler:
    """The vendor's scheduler: a task of the running loop."""

    def __init__(self):
        self.tasks = set()

    def every(self, seconds, work):
        async def run():
            while True:
                await asyncio.to_thread(work)
                await asyncio.sleep(seconds)

        self.tasks.add(asyncio.create_task(run()))


city = open_city()
engine = create_engine(os.environ["DATABASE_URL"])
login: Login = HeaderLogin()
scheduler: Scheduler = LoopScheduler()


@asynccontextmanager
async def lifespan(_app: FastAPI):
    await asyncio.to_thread(city.prepare)
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(table))
    scheduler.every(0.2, city.settle)  # inbox, outbox, schedules; replies go out at once
    yield
    for task in scheduler.tasks:
        task.cancel()
    await asyncio.gather(*scheduler.tasks, return_exceptions=True)
    engine.dispose()
    await asyncio.to_thread(city.close)


app = FastAPI(lifespan=lifespan)


class Order(BaseModel):
    number: str
    slot: str
    party: int = 1


class Notice(BaseModel):
    key: str
    wards: list[str]
    words: str


def staff(request: Request) -> Actor:
    actor = login.actor(request)
    if actor is None:
        raise HTTPException(401)
    return actor


@app.post("/line/webhook")
async def webhook(request: Request):
    body, signature = await request.body(), request.headers.get("x-line-signature")
    return Response(status_code=await asyncio.to_thread(city.receive, body, signature))


@app.post("/counter/bookings")
def book(order: Order, actor: Annotated[Actor, Depends(staff)]):
    """A booking taken at the counter: the vendor's reception and our booking, together or not at all."""
    with Session(engine) as session, session.begin():
        with city.join(session, actor=actor) as tx:
            booked = city.calendar.book(
                tx, order.slot, None, party=order.party, key=f"reception:{order.number}"
            )
        if isinstance(booked, Refused):
            raise HTTPException(409, [reason.text for reason in booked.reasons])
        row = {"number": order.number, "booking": booked.id, "clerk": actor.id}
        session.execute(text("INSERT INTO reception VALUES (:number, :booking, :clerk)"), row)
    city.database.nudge()
    return {"booking": booked.id}


@app.exception_handler(IntegrityError)
def taken(_request: Request, _error: Exception):
    return JSONResponse({"detail": ["the number is taken"]}, 409)


@app.post("/notices")
def notice(notice: Notice, actor: Annotated[Actor, Depends(staff)]):
    with city.begin(actor=actor) as tx:
        return {"people": tell(tx, city, notice.key, notice.wards, notice.words)}
