"""The jobs that look after the log, and what runs them."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import click
import psycopg

from pgwitness.cli.parameters import reason_option
from pgwitness.cli.rendering import listing, note, print_error, report_result
from pgwitness.cli.retention import at, run_state
from pgwitness.cli.running import Count, report_runs, run
from pgwitness.cli.session import Session, pass_session
from pgwitness.client import Client
from pgwitness.errors import PgwitnessError
from pgwitness.models import Job

IDLE = "nothing to do"
"""What run_exports says when nobody has asked for an export."""


@click.group()
def jobs() -> None:
    """The jobs that look after the log: partitions and purges (audit_operator).

    pg_cron runs them where it is ("schedule"); else cron or systemd ("run"), or a service
    ("serve"). More than one of these at once does no harm.
    """


@jobs.command("list")
@pass_session
def list_(session: Session) -> None:
    """List the jobs, when they run, and how their last runs ended (audit_auditor too)."""
    with session.client() as client:
        rows = client.list_jobs()
    listing(
        session,
        rows,
        {
            "job": lambda row: (row.job_name, row.description),
            "next": lambda row: (at(row.next_run_at), row.schedule, row.scheduler),
            "last_run": lambda row: row.last_started_at and (row.last_started_at, row.run_by),
            "status": lambda row: row.result and (run_state(session, row.result), row.detail),
        },
    )


@jobs.command()
@pass_session
def schedule(session: Session) -> None:
    """Have pg_cron run the jobs as you, at the times that the options say.

    Run it again after changing those. Where pg_cron isn't to be had, it says what else to do.
    """
    with session.client() as client:
        rows = client.schedule_jobs()
    listing(
        session,
        rows,
        {
            "job": lambda row: row.job_name,
            "next": lambda row: row.schedule,
            "command": lambda row: row.command,
        },
    )


@jobs.command()
@reason_option(required=True)
@pass_session
def unschedule(session: Session, reason: str) -> None:
    """Take the jobs that you gave to pg_cron back."""
    with session.client() as client:
        report_result(session, "unscheduled", jobs=client.unschedule_jobs(reason=reason))


@jobs.command("run")
@click.pass_context
def run_(context: click.Context) -> None:
    """Run each job that is due, once; for cron and systemd, as often as you like.

    A login that may become audit_owner also closes partitions without holding anybody back.

    Exits with 1 when one of them didn't succeed.
    """
    session = context.ensure_object(Session)
    if not report_runs(session, run_due(session)):
        context.exit(1)


def run_due(session: Session) -> list[Job]:
    """Run what is due; an error that no job notes doesn't stop those after it.

    Runs of run_exports that had nothing to do are left out: it runs every minute.

    Raises:
        PgwitnessError: What was refused, after everything was tried.
        psycopg.Error: The same.
    """
    done: list[Job] = []
    problem: PgwitnessError | psycopg.Error | None = None
    with session.client() as client:
        listed = client.list_jobs()
    names = [job.job_name for job in listed]
    if any(job.job_name == "maintain_partitions" and _is_due(job) for job in listed):
        close_partitions(session)
    for _ in names:
        try:
            done += run(session, Client.run_jobs, _count, names)
        except (PgwitnessError, psycopg.Error) as error:
            problem = problem or error
        else:
            break
    if problem is not None:
        raise problem
    return [job for job in done if job.detail != IDLE]


def _is_due(job: Job) -> bool:
    return job.last_started_at is None or job.last_started_at < job.next_run_at - timedelta(days=1)


def close_partitions(session: Session) -> None:
    """Run what closes partitions statement by statement, where the login may; else the job does it.

    A statement that fails is left to the job too.
    """
    with session.connect() as connection:
        row = connection.execute(
            "select pg_has_role(current_user, 'audit_owner', 'member')"
        ).fetchone()
        if row != (True,):
            return
        statements = Client(connection).list_upkeep()
        connection.execute("set role audit_owner")
        for upkeep in statements:
            try:
                connection.execute(upkeep.statement.encode())
            except psycopg.Error as error:
                print_error(error)


def _count(client: Client) -> Count:
    rows = client.list_jobs()
    return sum(row.result != "running" for row in rows), len(rows)


@jobs.command()
@click.option(
    "--every",
    type=click.FloatRange(min=1),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How often it looks what is due.",
)
@pass_session
def serve(session: Session, every: float) -> None:
    """Run jobs when they are due, until it is told to end; for systemd and containers.

    It prints each run that ends. What goes wrong it says on stderr, and goes on. SIGTERM and
    Ctrl-C end it after the run that is under way; it may also be killed at any moment.
    """
    with _until_told() as wait:
        note(session.text("serving"))
        while True:
            began = time.monotonic()
            try:
                runs = run_due(session)
            except (PgwitnessError, psycopg.Error) as error:
                print_error(error)
            else:
                if runs:
                    report_runs(session, runs)
            if wait(max(began + every - time.monotonic(), 0)):
                break
    note(session.text("served"))


@contextmanager
def _until_told() -> Iterator[Callable[[float], bool]]:
    """Give what waits some seconds, or less when a signal to end has come, and tells which."""
    told = threading.Event()

    def end(*_: object) -> None:
        told.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield told.wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
