"""Runs attacks, each against the same log, and tells what found them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from pgwitness.gameday import rehearsal
from pgwitness.gameday.attacks import OUTSIDE, Attack, Trial
from pgwitness.gameday.detectors import Found, Kept, look
from pgwitness.gameday.rehearsal import Event
from pgwitness.gameday.scratch import Scratch, connect


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial.

    Attributes:
        trial: What was tried.
        found: What each detector says.
    """

    trial: Trial
    found: tuple[Found, ...]

    @property
    def finders(self) -> dict[str, tuple[str, ...]]:
        """Detectors that found it, with what they found."""
        return {item.detector: item.kinds for item in self.found if item.kinds}

    @property
    def missed(self) -> dict[str, tuple[str, ...]]:
        """Detectors that had to find it, with what they had to say and didn't."""
        finders = self.finders
        return {
            detector: lacking
            for detector, kinds in self.trial.attack.expected.items()
            if (lacking := tuple(kind for kind in kinds if kind not in finders.get(detector, ())))
        }

    @property
    def seconds(self) -> float | None:
        """How long the nearest detector looked that found it; None when none did."""
        return next((item.seconds for item in self.found if item.kinds), None)

    @property
    def verdict(self) -> str:
        """`inside`, `outside` (only with what was kept outside), `unseen` or `missed`."""
        if self.missed:
            return "missed"
        if not self.finders:
            return "unseen"
        return "outside" if self.finders.keys() <= set(OUTSIDE) else "inside"


class Game:
    """A prepared log, and trials against it.

    Attributes:
        scratch: Where its databases are.
        kept: What is kept outside.
        events: How many events the log has.
    """

    def __init__(self, scratch: Scratch, number: int, sample: Iterable[Event] = ()) -> None:
        """Make the log.

        Args:
            scratch: Lends the databases.
            number: Events that are made up for each tenant.
            sample: Events of a real log.
        """
        self.scratch = scratch
        self.kept: Kept = rehearsal.prepare(scratch, number, sample)
        self._connection: psycopg.Connection[Any] | None = None
        with connect(scratch.dsn_of(rehearsal.CURRENT)) as connection:
            row = connection.execute("select count(*) from audit_private.event").fetchone()
        assert row is not None
        self.events = int(row[0])

    def control(self) -> tuple[Found, ...]:
        """Look at the log as it is; whatever is found is a false alarm."""
        return self._roll_back(())

    def play(self, trial: Trial) -> Outcome:
        """Try something, and let every detector look for it."""
        act = self._roll_back if trial.attack.copy is None else self._commit(trial.attack)
        try:
            return Outcome(trial, act(trial.statements()))
        except psycopg.Error as error:
            error.add_note(f"{trial.attack.name} {trial.variant}".strip())
            raise

    def close(self) -> None:
        """Disconnect, so that the databases can be dropped."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _roll_back(self, statements: Iterable[str]) -> tuple[Found, ...]:
        if self._connection is None:
            self._connection = connect(self.scratch.dsn_of(rehearsal.CURRENT))
        try:
            return self._try(self._connection, statements)
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def _commit(self, attack: Attack) -> Callable[[Iterable[str]], tuple[Found, ...]]:
        def act(statements: Iterable[str]) -> tuple[Found, ...]:
            self.close()  # a database with connections can't be copied
            source = rehearsal.CURRENT if attack.copy == "current" else rehearsal.OLDER
            dsn = self.scratch.create("copy", template=source)
            try:
                with connect(dsn) as connection:
                    if attack.copy == "current":
                        connection.execute("select gameday.pass_for_the_same()")
                    found = self._try(connection, statements)
                    connection.rollback()
                return found
            finally:
                self.scratch.drop("copy")

        return act

    def _try(
        self, connection: psycopg.Connection[Any], statements: Iterable[str]
    ) -> tuple[Found, ...]:
        connection.execute("begin")
        for statement in statements:
            connection.execute(statement.encode())
        # A transaction that isn't the newest, as though it had been committed a while ago.
        with connect(self.scratch.dsn) as other:
            other.execute("select pg_current_xact_id()")
        return tuple(look(connection, self.kept))
