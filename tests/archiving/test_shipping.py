from __future__ import annotations

import threading
from pathlib import Path

import pytest

from archiving.stacks import SINK, Stacks
from pgwitness.client import Client
from pgwitness.shipping.parquet import EVENTS_A_FILE, ParquetTransport
from pgwitness.shipping.shipper import Shipper
from pgwitness.shipping.transport import (
    DeliveryFailed,
    Destination,
    DestinationInvalid,
    ShippedEvent,
)


def shipper(stacks: Stacks) -> Shipper:
    """Give the loop on a connection of its own."""
    stacks.shipper.close()
    return Shipper(SINK, lambda: stacks.database.connect(stacks.database.role("shipper")))


def transport(stacks: Stacks, **options: str) -> ParquetTransport:
    made = ParquetTransport(
        Destination(SINK, "parquet", "jsonl", {"url": stacks.address, **options})
    )
    made.attach(Client(stacks.shipper))
    return made


def waiting(stacks: Stacks) -> list[ShippedEvent]:
    stacks.seal()
    return [
        ShippedEvent(row.tenant_id, row.event_id, row.occurred_at, row.content, row.cursor)
        for row in stacks.batch()
        if row.tenant_id and row.event_id and row.occurred_at and row.content
    ]


def test_the_loop_archives_everything(stacks: Stacks) -> None:
    stacks.define_archive("a", "b", batch_size="3")
    stacks.write(10)
    stacks.bring_old("old", tenant="b")
    stacks.seal()
    expected = set(stacks.carried("a", "b"))
    shipped = shipper(stacks).ship()
    assert shipped.is_finished
    assert shipped.events == len(expected)
    assert stacks.rows("a", "b").keys() == expected
    assert len(stacks.files()) == 3, "batches were gathered: a file for each tenant and day"
    assert stacks.sink(SINK)["events_behind"] == 0


def test_following_gathers_and_then_writes(stacks: Stacks) -> None:
    stacks.define_archive("a", gather_minutes="0")
    stacks.write(3)
    stacks.seal()
    following = shipper(stacks)
    thread = threading.Thread(target=following.follow)
    thread.start()
    try:
        for _ in range(5000):
            if stacks.noted():
                break
        stacks.write(2)
        stacks.seal()
        for _ in range(5000):
            if set(stacks.carried("a", where="e.source = 'logged'")) <= stacks.rows("a").keys():
                break
        else:
            raise AssertionError("what was sealed later never came")
    finally:
        following.stop.set()
        thread.join(timeout=30)
    assert not thread.is_alive()


def test_it_waits_for_more_but_not_for_ever(
    stacks: Stacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    stacks.define_archive("a")
    stacks.write(2)
    events = waiting(stacks)
    made = transport(stacks, gather_minutes="10")
    assert made.is_due(is_idle=True), "there is nothing to wait with"
    made.deliver(events)
    assert not made.is_due(is_idle=False)
    assert not made.is_due(is_idle=True)
    monkeypatch.setattr(made, "_since", made._since - 601)
    assert made.is_due(is_idle=True)
    made.deliver(events * (EVENTS_A_FILE // len(events)))
    assert made.is_due(is_idle=False)
    made.abandon()
    made.flush()
    assert stacks.files() == []
    made.deliver(events)
    made.flush()
    assert stacks.rows("a").keys() == {event.event_id for event in events}


def test_a_folder_that_is_not_there_holds_it_up(stacks: Stacks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    stacks.address = f"file://{tmp_path}/file/archive"
    stacks.define_archive("a")
    stacks.write()
    stacks.seal()
    with pytest.raises(DeliveryFailed):
        shipper(stacks).ship()
    sink = stacks.sink(SINK)
    assert sink["error"] is not None
    assert sink["events_behind"] > 0
    assert stacks.noted() == []


def test_an_address_that_nothing_opens_is_final(stacks: Stacks) -> None:
    stacks.address = "gopher://nowhere"
    stacks.define_archive("a")
    with pytest.raises(DestinationInvalid):
        shipper(stacks).ship()
