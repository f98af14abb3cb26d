"""The bound service of a town: every verb of delivery, with the town's rules, selections and policy."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from attrs import evolve

from govline.core import CitizenId, DatabasePort, Fate, Id, Json, Message, Transaction
from govline.delivery import _sql as sql
from govline.delivery import (
    campaigns,
    drafting,
    intake,
    links,
    personal,
    planning,
    previews,
    reading,
    recurring,
    reports,
    running,
    sending,
    service,
    topics,
)
from govline.delivery._sql import Held as HeldRow
from govline.delivery.model import Counts, LedgerRow, Plan, Preview, Refused, Run
from govline.delivery.rules import Quiet
from govline.delivery.setup import Renderer, Selector, Setup, Validator
from govline.delivery.sources import Accepted, Held, Incoming, Source
from govline.errors import ConfigError, InputError

__all__ = ["Delivery"]


class Delivery:
    """`city.delivery`: plans, approvals, runs, machine sources, opt-outs and links of one town.

    What staff may be refused comes back as `Refused` with every reason; every verb runs in the caller's transaction.

    Args:
        setup: Rules, policy, and the named selections and renderers.
        sources: The machines that may send, by name.
        validator: Finds who asks LINE for a dry run, when it is first needed.
    """

    def __init__(
        self,
        setup: Setup | None = None,
        sources: Mapping[str, Source] | None = None,
        validator: Callable[[], Validator] | None = None,
    ) -> None:
        self.setup = setup or Setup()
        self.sources = dict(sources or {})
        self._validator = validator or _no_validator

    def offer_selection(self, name: str, select: Selector) -> None:
        """Let plans say `{"by": name, …}`: how a feature or a vendor's own table chooses recipients."""
        self.setup.selectors[name] = select

    def offer_renderer(self, name: str, render: Renderer) -> None:
        """Let plans say `renderer={"by": name, …}`: each citizen's own messages, never with PERSONAL data."""
        self.setup.renderers[name] = render

    def respect(self, start: time, end: time) -> None:
        """The town's quiet hours, where the delivery section names none of its own."""
        if self.setup.rules.quiet is None:
            self.setup = evolve(self.setup, rules=evolve(self.setup.rules, quiet=Quiet(start, end)))

    # --- what features send by themselves ------------------------------------------------------------------------------

    freeze = staticmethod(service.freeze)
    freeze_personal = staticmethod(personal.freeze_personal)
    batch = staticmethod(sending.batch)
    open_batch = staticmethod(sending.open_batch)

    def record_batch(self, tx: Transaction, batch_id: Id, fate: Fate) -> None:
        """Write a batch's fate; see `govline.delivery.record_batch`."""
        sending.record_batch(tx, batch_id, fate)

    def freeze_pages(
        self,
        db: DatabasePort,
        *,
        key: str,
        source: str,
        messages: Sequence[Message],
        selection: Mapping[str, Json],
        emergency: bool = False,
    ) -> Run:
        """As `freeze`, for any number of recipients: in units of work of at most 20,000, nothing sent before the last is in.

        Called again after a crash it goes on where the last commit stood.
        """
        return running.freeze_pages(
            db,
            self.setup,
            key=key,
            source=source,
            messages=messages,
            selection=selection,
            emergency=emergency,
        )

    # --- what staff send -----------------------------------------------------------------------------------------------

    def plan(
        self,
        tx: Transaction,
        *,
        key: str,
        campaign: str,
        messages: Sequence[Message] = (),
        source: str = "staff",
        **more: Any,
    ) -> Plan | Refused:
        """Write down what shall be sent to whom; see `drafting.plan` for `more`."""
        return drafting.plan(
            tx, self.setup, key=key, campaign=campaign, source=source, messages=messages, **more
        )

    def edit(self, tx: Transaction, plan: Id, **changes: Any) -> Plan | Refused:
        """Change a plan; any approval is void afterwards."""
        return drafting.edit(tx, self.setup, plan, **changes)

    def preview(self, tx: Transaction, plan: Id) -> Preview:
        """What the plan would do now; reads only."""
        return previews.preview(tx, self.setup, plan)

    def validate(self, db: DatabasePort, plan: Id, validator: Validator | None = None) -> Plan | Refused:
        """LINE's dry run of the messages, outside any transaction: `city.delivery.validate(city, plan)`.

        Raises:
            ConfigError: GL-9010, the town has no channel to ask.
            LineError: LINE did not answer.
        """
        return previews.validate(db, self.setup, plan, validator or self._validator())

    def send_test(self, tx: Transaction, plan: Id, testers: str) -> Run | Refused:
        """Send it to the people of a named list only."""
        return previews.send_test(tx, self.setup, plan, testers)

    def request(self, tx: Transaction, plan: Id, preview: Preview) -> Plan | Refused:
        """Ask for approval of what a preview showed."""
        return campaigns.request(tx, self.setup, plan, preview)

    def approve(self, tx: Transaction, plan: Id, digest: str) -> Plan | Refused:
        """Approve it as a second member of staff; `digest` is what they were shown."""
        return campaigns.approve(tx, self.setup, plan, digest)

    def send(self, tx: Transaction, plan: Id) -> Run | Refused:
        """Start the run of an approved plan."""
        return campaigns.send(tx, self.setup, plan)

    def repeat(self, tx: Transaction, plan: Id) -> Plan | Refused:
        """Let an approved recurring plan begin; `withdraw` ends it."""
        return recurring.repeat(tx, self.setup, plan)

    def occur(self, tx: Transaction, plan: Id, revision: int, day: date) -> Run | Refused | None:
        """Start a recurring plan's run of a day, once; the worker does it by itself."""
        return recurring.occur(tx, self.setup, plan, revision, day)

    def withdraw(self, tx: Transaction, plan: Id) -> Plan | Refused:
        """Give up a plan that was not sent."""
        return campaigns.withdraw(tx, self.setup, plan)

    def correct(self, tx: Transaction, run: Id, *, key: str, messages: Sequence[Message]) -> Plan | Refused:
        """Plan a correction to exactly those whom an ended run reached or may have reached."""
        return campaigns.correct(tx, self.setup, run, key=key, messages=messages)

    def plan_of(self, tx: Transaction, plan: Id) -> Plan | None:
        """One plan, or None."""
        return planning.plan_of(tx, plan)

    def plans(self, tx: Transaction, *, before: Id | None = None, limit: int = 50) -> tuple[Plan, ...]:
        """Plans, newest first."""
        return planning.plans(tx, before=before, limit=limit)

    # --- a run under way -----------------------------------------------------------------------------------------------

    def advance(self, tx: Transaction, run: Id) -> bool:
        """The next bounded piece of a run; whether there is more. The worker does it by itself."""
        return running.advance(tx, self.setup, run)

    def pause(self, tx: Transaction, run: Id) -> Run | Refused:
        """Let nothing more leave until `resume`."""
        return running.pause(tx, self.setup, run)

    def resume(self, tx: Transaction, run: Id) -> Run | Refused:
        """Go on with a paused run."""
        return running.resume(tx, self.setup, run)

    def cancel(self, tx: Transaction, run: Id) -> Run | Refused:
        """Stop a run for good; what has not left ends as not reached."""
        return running.cancel(tx, self.setup, run)

    # --- what became of it ---------------------------------------------------------------------------------------------

    def run(self, tx: Transaction, run: Id) -> Run | None:
        """One run with its counts, or None."""
        return reading.run(tx, run)

    def runs(self, tx: Transaction, *, before: Id | None = None, limit: int = 50) -> tuple[Run, ...]:
        """Runs with their counts, newest first."""
        return reading.runs(tx, before=before, limit=limit)

    def ledger(
        self, tx: Transaction, run: Id, *, after: CitizenId = "", limit: int = 1_000
    ) -> tuple[LedgerRow, ...]:
        """A page of a run's ledger in order of citizen id."""
        return reading.ledger(tx, run, after=after, limit=limit)

    def ledger_table(self, tx: Transaction, run: Id) -> Iterator[tuple[str, str, str]]:
        """Every row of a run's ledger as texts, for a CSV."""
        return reading.ledger_table(tx, run)

    def ledger_counts(self, tx: Transaction, run: Id) -> Counts:
        """The counts as the ledger's rows give them."""
        return reading.ledger_counts(tx, run)

    def report(self, tx: Transaction, run: Id, *, days: int = reports.DAYS) -> reports.Report:
        """What a run came to: batches by fate, people, taps, and who blocked within so many days after it."""
        return reports.report(tx, run, days=days)

    def campaign_reports(
        self, tx: Transaction, campaign: str, *, since: datetime, days: int = reports.DAYS
    ) -> tuple[reports.Report, ...]:
        """The reports of a campaign's runs since a moment, newest first."""
        return reports.campaign_reports(tx, campaign, since=since, days=days)

    # --- machines ------------------------------------------------------------------------------------------------------

    def offer(self, tx: Transaction, source: str, incoming: Incoming) -> Accepted | Held | Refused:
        """Take what a declared source wants sent: accepted, held for staff, or refused.

        Raises:
            InputError: GL-1058, the town has declared no such source.
        """
        return intake.offer(tx, self.setup, self._source(source), incoming)

    def holds(
        self, tx: Transaction, *, state: str = "held", after: Id = "", limit: int = 100
    ) -> Sequence[HeldRow]:
        """What machine sources offered, by state; "" for all."""
        return intake.holds(tx, state=state, after=after, limit=limit)

    def release(self, tx: Transaction, held: Id) -> Accepted | Held | Refused:
        """Confirm what is held; the word of the second member of staff sends it.

        Raises:
            StoreError: GL-1086, there is no such row.
        """
        row = next(iter(tx.all(sql.LOCK_INCOMING, {"row": held})), None)
        if row is None:
            raise intake.no_such(held)
        return intake.release(tx, self.setup, self._source(row.source), held)

    def refuse(self, tx: Transaction, held: Id) -> Refused | None:
        """Let what is held go unsent; None when done."""
        return intake.refuse(tx, self.setup, held)

    # --- citizens' own choice, testers, links --------------------------------------------------------------------------

    def opt_out(self, tx: Transaction, citizen: CitizenId, topic: str, *, source: str = "") -> bool:
        """Send the citizen nothing of this topic any more; whether that is new."""
        return topics.opt_out(tx, self.setup, citizen, topic, source=source)

    def opt_in(self, tx: Transaction, citizen: CitizenId, topic: str) -> bool:
        """Send the citizen what is of this topic again; whether they had opted out."""
        return topics.opt_in(tx, self.setup, citizen, topic)

    def opted_out(self, tx: Transaction, citizen: CitizenId) -> tuple[str, ...]:
        """The topics that the citizen does not want."""
        return topics.opted_out(tx, citizen)

    def add_testers(self, tx: Transaction, testers: str, citizens: Iterable[CitizenId]) -> int:
        """Put members of staff, as LINE knows them, on a test list; how many were new."""
        return sum(previews.add_tester(tx, testers, citizen) for citizen in citizens)

    def shorten(self, tx: Transaction, run: Id, url: str, **more: Any) -> links.Link:
        """A redirect link of our own for a plan or run; see `links.shorten` for `more`."""
        return links.shorten(tx, run, url, **more)

    def taps(self, tx: Transaction, run: Id) -> tuple[links.Taps, ...]:
        """The links of a run with their taps."""
        return links.taps(tx, run)

    def _source(self, name: str) -> Source:
        if name not in self.sources:
            raise InputError(
                f"no source is called {name!r}",
                code="GL-1058",
                hint=f"known: {', '.join(self.sources) or 'none'}; declare it under features.delivery.sources",
            )
        return self.sources[name]


def _no_validator() -> Validator:
    raise ConfigError(
        "nobody asks LINE for a dry run here", code="GL-9010", hint="pass validator= to validate"
    )
