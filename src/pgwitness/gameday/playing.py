"""Runs attacks, each against the same log, and tells what found them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from pgwitness.gameday import rehearsal
from pgwitness.gameday.attacks import DETECTORS, OUTSIDE, Attack, Trial
from pgwitness.gameday.detectors import Found, Kept, look
from pgwitness.gameday.rehearsal import Sample
from pgwitness.gameday.scratch import Scratch, connect

CONTROL = Attack(
    "control",
    {"en": "Nothing is touched.", "sv": "Inget rörs."},
    "select 1;",
    {},
    ("",),
    None,
)
"""Whatever finds this one raises a false alarm."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attack.

    Attributes:
        attack: Its name.
        title: A sentence for people.
        trials: How often it was tried, with something else each time.
        verdict: `inside`: the database itself finds it; `outside`: only what was kept outside
            does; `unseen`: nothing does, and nothing can; `missed`: what should have found it
            didn't; `clean` and `false_alarm` where nothing was touched.
        found_by: Detectors that found it in each trial, and what they said.
        missed_by: Detectors that should have and didn't, and what they should have said.
        seconds: How long the first of those looked that found it, at most; None when none did.
        detail: What it said, in words.
    """

    attack: str
    title: str
    trials: int
    verdict: str
    found_by: dict[str, tuple[str, ...]]
    missed_by: dict[str, tuple[str, ...]]
    seconds: float | None
    detail: str | None


def judge(attack: Attack, trials: Sequence[Sequence[Found]], language: str = "en") -> Outcome:
    """Say what became of an attack.

    Args:
        attack: The attack.
        trials: What each detector said, each time that it was tried; at least one.
        language: Of the title.
    """
    said = [{item.detector: item for item in found if item.kinds} for found in trials]
    finders = [name for name in DETECTORS if all(name in found for found in said)]
    missed = {
        name: lacking
        for name, kinds in attack.expected.items()
        if (lacking := tuple(k for k in kinds if not all(_says(found, name, k) for found in said)))
    }
    nearest = [found[finders[0]] for found in said] if finders else []
    if attack.name == CONTROL.name:
        verdict = "false_alarm" if any(said) else "clean"
    elif missed:
        verdict = "missed"
    elif not finders:
        verdict = "unseen"
    else:
        verdict = "outside" if set(finders) <= set(OUTSIDE) else "inside"
    return Outcome(
        attack.name,
        attack.titles[language],
        len(trials),
        verdict,
        {
            name: tuple(sorted({kind for found in said for kind in found[name].kinds}))
            for name in finders
        },
        missed,
        max((item.seconds for item in nearest), default=None),
        nearest[0].detail if nearest else None,
    )


def _says(found: Mapping[str, Found], detector: str, kind: str) -> bool:
    return detector in found and kind in found[detector].kinds


class Game:
    """A prepared log, and trials against it.

    Attributes:
        scratch: Where its databases are.
        kept: What is kept outside.
        events: How many events the log has.
    """

    def __init__(self, scratch: Scratch, number: int, sample: Sample | None = None) -> None:
        """Make the log.

        Args:
            scratch: Lends the databases.
            number: Events that are made up for each tenant; at least `rehearsal.FEWEST`.
            sample: What was read from a real log.
        """
        self.scratch = scratch
        self.kept: Kept = rehearsal.prepare(scratch, number, sample)
        self._connection: psycopg.Connection[Any] | None = None
        with connect(scratch.dsn_of(rehearsal.CURRENT)) as connection:
            row = connection.execute("select count(*) from audit_private.event").fetchone()
        assert row is not None
        self.events = int(row[0])

    def play(self, trial: Trial) -> list[Found]:
        """Try something, and let every detector look for it."""
        try:
            if trial.attack.copy is None:
                return self._roll_back(trial)
            return self._commit(trial)
        except psycopg.Error as error:
            error.add_note(f"{trial.attack.name} {trial.variant}".strip())
            raise

    def close(self) -> None:
        """Disconnect, so that the databases can be dropped."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _roll_back(self, trial: Trial) -> list[Found]:
        if self._connection is None:
            self._connection = connect(self.scratch.dsn_of(rehearsal.CURRENT))
        try:
            return self._try(self._connection, trial)
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def _commit(self, trial: Trial) -> list[Found]:
        self.close()  # a database with connections can't be copied
        is_current = trial.attack.copy == "current"
        dsn = self.scratch.create(
            "copy", template=rehearsal.CURRENT if is_current else rehearsal.OLDER
        )
        try:
            with connect(dsn) as connection:
                if is_current:
                    connection.execute("select gameday.pass_for_the_same()")
                return self._try(connection, trial)
        finally:
            self.scratch.drop("copy")

    def _try(self, connection: psycopg.Connection[Any], trial: Trial) -> list[Found]:
        connection.execute("begin")
        for statement in trial.statements():
            connection.execute(statement.encode())
        # Else it would be the newest of all transactions, and every number of its own yet to come.
        self.scratch.pass_transaction()
        return look(connection, self.kept)
