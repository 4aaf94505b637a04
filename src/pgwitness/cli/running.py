"""Running the procedures that take a while, and saying how far they are and how they ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from pgwitness.cli.rendering import console, escape, note, print_json, progress
from pgwitness.cli.session import Session
from pgwitness.client import Client
from pgwitness.models import Job

POLL_SECONDS = 0.5
"""How often the progress of a run is looked at."""

Count = tuple[int, int]
"""How much is done, and how much there is to do."""


def run(
    session: Session,
    procedure: Callable[[Client], None],
    count: Callable[[Client], Count],
    jobs: Iterable[str],
) -> list[Job]:
    """Run a procedure, with a progress bar at a terminal, and give the jobs that it ran.

    Args:
        session: Where to connect.
        procedure: Calls it.
        count: Looks at how far it is, on a connection of its own.
        jobs: Names of the jobs that it may run.
    """
    with session.connect() as connection, session.connect() as looking:
        connection.add_notice_handler(lambda said: note(said.message_primary or ""))
        client = Client(looking)
        before = {job.job_name: job.last_started_at for job in client.list_jobs()}
        is_done = threading.Event()
        with progress() as bar, ThreadPoolExecutor(1) as pool:
            running = pool.submit(procedure, Client(connection))
            running.add_done_callback(lambda _: is_done.set())
            try:
                if not bar.disable:
                    task = bar.add_task(session.text("removing"), total=None)
                while not is_done.wait(POLL_SECONDS):
                    if not bar.disable:
                        done, total = count(client)
                        bar.update(task, completed=done, total=total or None)
            except BaseException:
                connection.cancel()
                raise
            running.result()
        return [
            job
            for job in client.list_jobs()
            if job.job_name in jobs and job.last_started_at != before.get(job.job_name)
        ]


def report_runs(session: Session, runs: Iterable[Job]) -> bool:
    """Say how jobs ended; gives whether all succeeded."""
    runs = list(runs)
    if session.as_json:
        print_json(*runs)
    for job in () if session.as_json else runs:
        ended = session.text(f"run_{job.result}")
        seconds = f"{job.duration.total_seconds():.1f} s" if job.duration else ""
        console().print(
            escape(": ".join(filter(None, (job.job_name, f"{ended}, {seconds}", job.detail)))),
            soft_wrap=True,
        )
    if not runs and not session.as_json:
        note(session.text("nothing_ran"))
    return all(job.result == "succeeded" for job in runs)


def confirm(session: Session, key: str, *, yes: bool, **values: Any) -> None:
    """Ask before something is removed; without a terminal only --yes will do.

    Raises:
        click.Abort: The answer was no, or there was nobody to ask.
    """
    if not yes:
        click.confirm(escape(session.text(key, **values)), abort=True, err=True)
