"""Any interleaving of transactions and sealers, against a plain model of what is committed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrity.laboratory import Laboratory
from walls.ledger import Connection, log

WRITERS = 4

writer_steps = st.sampled_from(
    ["write", "write", "savepoint", "rollback to", "release", "commit", "rollback", "prepare"]
)
steps = st.lists(
    st.one_of(st.tuples(st.integers(0, WRITERS - 1), writer_steps), st.just((0, "seal"))),
    max_size=40,
)


@dataclass
class Writer:
    """A connection in a transaction or not, and what it has written in each savepoint."""

    connection: Connection
    number: int
    levels: list[list[UUID]] = field(default_factory=list)

    def take(self, step: str, committed: set[UUID]) -> None:
        if not self.levels:
            if step == "commit":
                # Outside a transaction an event is committed at once.
                event_id = log(self.connection)
                assert event_id is not None
                committed.add(event_id)
                return
            self.connection.execute("begin")
            self.levels = [[]]
        if step == "write":
            event_id = log(self.connection)
            assert event_id is not None
            self.levels[-1].append(event_id)
        elif step == "savepoint":
            self.connection.execute(f"savepoint s{len(self.levels)}".encode())
            self.levels.append([])
        elif step == "rollback to" and len(self.levels) > 1:
            self.connection.execute(f"rollback to s{len(self.levels) - 1}".encode())
            self.levels[-1] = []
        elif step == "release" and len(self.levels) > 1:
            self.connection.execute(f"release s{len(self.levels) - 1}".encode())
            released = self.levels.pop()
            self.levels[-1] += released
        elif step in ("commit", "prepare"):
            if step == "prepare":
                self.connection.execute(f"prepare transaction 'w{self.number}'".encode())
                self.connection.execute(f"commit prepared 'w{self.number}'".encode())
            else:
                self.connection.execute("commit")
            committed.update(event_id for level in self.levels for event_id in level)
            self.levels = []
        elif step == "rollback":
            self.connection.execute("rollback")
            self.levels = []


@pytest.fixture
def writers(laboratory: Laboratory) -> list[Writer]:
    """Applications of both tenants."""
    database = laboratory.database
    return [Writer(database.connect(database.role("app", "ab"[n % 2])), n) for n in range(WRITERS)]


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(plan=steps)
def test_what_is_committed_before_a_run_is_sealed_by_it_and_only_once(
    laboratory: Laboratory, writers: list[Writer], plan: list[tuple[int, str]]
) -> None:
    for writer in writers:
        writer.connection.rollback()
        writer.levels = []
    laboratory.seal()
    before = set(laboratory.sealed_ids())
    committed: set[UUID] = set()
    for number, step in [*plan, (0, "seal")]:
        if step != "seal":
            writers[number].take(step, committed)
            continue
        laboratory.seal()
        sealed = Counter(laboratory.sealed_ids())
        assert set(sealed) - before == committed
        assert set(sealed.values()) <= {1}
    assert laboratory.look() == []
