"""Erasures are called for real, over drivers that differ."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest

from client.test_functions import Connect, check_types, connect
from pgwitness import Client
from pgwitness.errors import ErasureRefused, ExportFailed, FilterInvalid, LedgerInvalid

from databases import Database

__all__ = ["connect"]

REASON = "because a test has to"


def test_privacy_officers_functions(loaded_database: Database, connect: Connect) -> None:
    async def run() -> None:
        async with connect(loaded_database.role("app")) as client:
            for number in range(3):
                await client.log_event("user_created", "user", number, "for \x00Anna, '50 %'")
        async with connect(loaded_database.role("privacy")) as client:
            erased = await client.erase_subject(["\x00Anna, '50 %'", "nobody"], REASON)
            check_types(erased)
            assert (erased.erased, erased.held, erased.exports) == (3, 0, 0)
            erased = await client.erase_events({"action": "user_created"}, REASON)
            assert (erased.erased, erased.held) == (0, 0)
            rows = await client.list_erasures()
            assert [row.kind for row in rows] == ["events", "subject"]
            for row in rows:
                check_types(row)
        async with connect(loaded_database.role("operator")) as client:
            lines = await client.list_ledger()
            assert [line["groups"] for line in lines] == [["payload"]] * 3
            assert await client.check_ledger(lines) == []
            lost = {"kind": "hold", "hold_id": lines[0]["event_id"], "released_at": None}
            [problem] = await client.check_ledger([lines[0] | lost])
            check_types(problem)
            assert problem.kind == "hold"
        async with connect(loaded_database.role("privacy")) as client:
            assert (await client.replay_erasures(lines, REASON)).erased == 0

    asyncio.run(run())


def test_refusals_are_exceptions(loaded_database: Database) -> None:
    with psycopg.connect(
        loaded_database.dsn(loaded_database.role("privacy")), autocommit=True
    ) as connection:
        client = Client(connection)
        with pytest.raises(ErasureRefused):
            client.erase_subject(["Anna"], "Anna has asked for it")
        with pytest.raises(ErasureRefused):
            client.erase_events({}, REASON)
        with pytest.raises(FilterInvalid):
            client.erase_subject(["An"], REASON)
        with pytest.raises(LedgerInvalid):
            client.replay_erasures([{}], REASON)


def test_an_export_that_holds_what_is_erased_leaves_no_file(
    loaded_database: Database, tmp_path: Path
) -> None:
    """The erasure comes while the client is writing."""
    with psycopg.connect(loaded_database.dsn(loaded_database.role("app"))) as connection:
        Client(connection).log_event("user_created", "user", 1, "about Anna")
    with psycopg.connect(loaded_database.dsn(loaded_database.role("reader"))) as connection:
        Client(connection).open_access("user_support", REASON)
    privacy = loaded_database.connect(loaded_database.role("privacy"))
    found: list[int] = []

    def erase(_: int) -> None:
        if not found:
            found.append(Client(privacy).erase_subject(["Anna"], REASON).exports)

    with psycopg.connect(
        loaded_database.dsn(loaded_database.role("reader")), autocommit=True
    ) as connection:
        client = Client(connection)
        file = tmp_path / "events.jsonl"
        with pytest.raises(ExportFailed) as refusal:
            client.export({"action": "user_created"}, "jsonl", file, progress=erase)
        assert "anew" in str(refusal.value.hint)
        assert found == [1]
        assert list(tmp_path.iterdir()) == []
        assert client.list_exports()[0].state == "failed"
