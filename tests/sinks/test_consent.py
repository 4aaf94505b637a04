"""Approvals come and go while a consumer reads, dies and reads ahead: nothing is lost or leaked."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from sinks.harbour import Harbour, Row, ids

from databases import TENANTS


@pytest.mark.parametrize("start", ["now", "beginning"])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_approved_arrives_and_nothing_else(harbour: Harbour, seed: int, start: str) -> None:
    choose = random.Random(seed)
    apps = {"a": harbour.app, "b": harbour.app_b}
    approved: set[str] = set()
    since: dict[str, int] = {}
    sealed: dict[str, list[UUID]] = {"a": [], "b": []}
    unsealed: dict[str, list[UUID]] = {"a": [], "b": []}
    arrived: set[UUID] = set()
    unacknowledged: list[str] = []
    assert harbour.define(options={"start": start})

    def seal() -> None:
        harbour.seal()
        for tenant, events in unsealed.items():
            sealed[tenant] += events
            unsealed[tenant] = []

    def take(batch: list[Row]) -> None:
        allowed = {TENANTS[tenant] for tenant in approved}
        assert {row["tenant_id"] for row in batch if row["event_id"] is not None} <= allowed

    for _ in range(70):
        tenant = choose.choice("ab")
        act = choose.choices(
            ["log", "seal", "approve", "withdraw", "read", "ahead", "acknowledge", "die"],
            [20, 12, 8, 5, 12, 6, 12, 3],
        )[0]
        if act == "log":
            unsealed[tenant] += harbour.write(choose.randint(1, 4), apps[tenant])
        elif act == "seal":
            seal()
        elif act == "approve" and harbour.approve(tenant):
            approved.add(tenant)
            since.setdefault(tenant, 0 if start == "beginning" else len(sealed[tenant]))
        elif act == "withdraw" and harbour.withdraw(tenant):
            approved.discard(tenant)
        elif act in ("read", "ahead"):
            after = unacknowledged[-1] if act == "ahead" and unacknowledged else None
            batch = harbour.read(choose.choice([1, 2, 100]), after=after)
            take(batch)
            if after is None:
                unacknowledged = []
            if batch:
                unacknowledged.append(batch[-1]["cursor"])
                arrived |= set(ids(batch))
        elif act == "acknowledge" and unacknowledged:
            harbour.acknowledge(unacknowledged.pop(0))
        elif act == "die":
            unacknowledged = []
    for tenant in "ab":
        harbour.approve(tenant)
        approved.add(tenant)
        since.setdefault(tenant, 0 if start == "beginning" else len(sealed[tenant]))
    seal()
    arrived |= set(ids(harbour.drain(batch_size=7)))
    for tenant, events in sealed.items():
        assert set(events[since[tenant] :]) <= arrived
        assert start == "beginning" or not set(events[: since[tenant]]) & arrived
