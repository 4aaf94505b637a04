from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from archiving.stacks import Stacks
from pgwitness.archiving import rows as archived
from pgwitness.archiving.folder import Folder
from pgwitness.archiving.searching import ArchiveChanged, ArchiveSearch
from pgwitness.client import Client
from pgwitness.errors import AccessRequired, FilterInvalid
from pgwitness.models import Event
from retention.vault import old
from walls.ledger import REASON, call, refused, rows

from databases import TENANT_A, TENANT_B

FILTERS: list[dict[str, Any]] = [
    {},
    {"action": "user_created"},
    {"action": ["user_created", "user_deleted"], "outcome": "success"},
    {"category": "audit_control"},
    {"entity_id": "42"},
    {"entity_id": None},
    {"actor_id": "user-1"},
    {"actor": "ann"},
    {"search": "needle"},
    {"search": "100%"},
    {"metadata": {"n": 1}},
    {"ip": "192.0.2.0/24"},
    {"source": "imported"},
    {"request_id": "r-1"},
    {"search": "nowhere to be found"},
]


@pytest.fixture
def library(stacks: Stacks) -> Stacks:
    """Events of many kinds, archived; tenant b's, too."""
    stacks.define_archive("a", "b")
    moment = datetime.now(UTC) - timedelta(days=120)
    extra: list[dict[str, Any]] = [
        {"entity_id": "42", "metadata": {"n": 1, "text": "a Needle"}},
        {"actor_id": "user-1", "actor_type": "user", "actor": {"name": "Ann"}},
        {"description": "100% sure", "ip": "192.0.2.7", "request_id": "r-1"},
        {"action": "user_deleted", "outcome": "failure", "error_message": "no"},
    ]
    stacks.bring(*(old(moment + timedelta(hours=n), **more) for n, more in enumerate(extra)))
    stacks.bring(old(moment, description="theirs, a needle"), tenant="b")
    stacks.write(3)
    stacks.archive()
    return stacks


def search(
    stacks: Stacks, connection: psycopg.Connection[Any], filter: dict[str, Any]
) -> list[Event]:
    """Search the archive over an open session, each call in a transaction of its own."""

    def read(made: Callable[[Client], Any]) -> Any:
        with connection.transaction():
            return made(Client(connection))

    found = ArchiveSearch(stacks.folder, filter)
    events = list(found.events(read))
    assert found.missing == []
    return events


def live(connection: psycopg.Connection[Any], filter: dict[str, Any]) -> list[Event]:
    names = [field.name for field in fields(Event)]
    return [
        Event(**{name: getattr(event, name) for name in names})
        for event in Client(connection).search_events(filter=filter, page_size=1000)
    ]


def test_it_finds_what_a_search_finds(library: Stacks) -> None:
    reader = library.reader()
    archived_ids = library.rows("a").keys()
    found_something = 0
    for filter in FILTERS:
        expected = [event for event in live(reader, filter) if event.id in archived_ids]
        assert search(library, reader, filter) == expected, filter
        found_something += bool(expected)
    assert found_something > 11


def test_also_after_they_have_left_the_database(library: Stacks) -> None:
    reader = library.reader()
    before = {str(filter): search(library, reader, filter) for filter in FILTERS}
    library.set_hot_days(90)
    library.archive()
    library.purge()
    assert library.left("a") == []
    for filter in FILTERS:
        found = search(library, reader, filter)
        known = {event.id for event in before[str(filter)]}
        assert [event for event in found if event.id in known] == before[str(filter)]
    found = search(library, reader, {"search": "100%", "source": "imported"})
    assert [event.description for event in found] == ["100% sure"]


def test_bounds_of_time_choose_files(library: Stacks) -> None:
    reader = library.reader()
    day = (datetime.now(UTC) - timedelta(days=90)).date().isoformat()
    young = search(library, reader, {"from": day})
    assert young
    assert all(event.source != "imported" for event in young)
    assert all(event.source == "imported" for event in search(library, reader, {"to": day}))


def test_each_read_is_an_event(library: Stacks) -> None:
    reader = library.reader()
    found = search(library, reader, {"action": "user_deleted"})
    reads = library.all(
        "select metadata from audit_private.event where action = 'audit_log_viewed' "
        "and metadata ->> 'route' = 'archive' order by sequence"
    )
    assert [read["metadata"]["filter"] for read in reads] == [{"action": "user_deleted"}]
    assert sum(read["metadata"]["rows"] for read in reads) == len(found) == 1
    assert search(library, reader, {"from": "2001-01-01", "to": "2001-01-02"}) == []
    [empty] = library.all(
        "select metadata from audit_private.event where action = 'audit_log_viewed' "
        "and metadata ->> 'route' = 'archive' and metadata -> 'filter' ? 'to'"
    )
    assert empty["metadata"]["rows"] == 0


def test_it_takes_a_session(library: Stacks) -> None:
    connection = library.database.connect(library.database.role("reader"))
    with pytest.raises(AccessRequired):
        search(library, connection, {})


def test_a_bad_filter_is_refused(library: Stacks) -> None:
    with pytest.raises(FilterInvalid):
        search(library, library.reader(), {"actoin": "x"})


def test_another_tenants_rows_are_not_shown(library: Stacks) -> None:
    """Whoever holds the other tenant's file gets nothing of it through the log."""
    theirs = [archived.for_search(row, TENANT_B) for row in library.rows("b").values()]
    reader = library.reader()
    assert Client(reader).search_archive({}, theirs) == []
    with refused("WT002"):
        call(reader, "search_archive", filter={}, events=theirs, tenant_id=TENANT_B)
    assert rows(reader, "find_archives", filter={})
    with refused("WT002"):
        rows(reader, "find_archives", filter={}, tenant_id=TENANT_B)
    assert {row["file"].split("/")[0] for row in rows(reader, "find_archives")} == {
        f"tenant_id={TENANT_A}"
    }


def test_who_may(library: Stacks) -> None:
    for persona in ("app", "operator", "shipper", "backup"):
        connection = library.database.connect(library.database.role(persona))
        with refused("42501", case=persona):
            rows(connection, "find_archives", filter={})
        with refused("42501", case=persona):
            rows(connection, "search_archive", filter={}, events=[])


def test_what_has_expired_is_not_shown(library: Stacks) -> None:
    library.set_retention(100)
    found = search(library, library.reader(), {})
    assert found
    assert all(event.source != "imported" for event in found)


def test_what_was_erased_is_not_shown_and_not_found_by(library: Stacks) -> None:
    privacy = library.database.connect(library.database.role("privacy"))
    privacy.execute(
        "select * from audit.erase_subject(identifiers => %s, reason => %s)", (["user-1"], REASON)
    )
    reader = library.reader()
    assert search(library, reader, {"actor_id": "user-1"}) == []
    assert search(library, reader, {"actor": "ann"}) == []
    shown = search(library, reader, {"source": "imported"})
    assert len(shown) == 4
    assert "Ann" not in str(shown)


def test_a_changed_file_is_refused(library: Stacks) -> None:
    [file] = [name for name in library.files() if "day=" in name and str(TENANT_A) in name][:1]
    library.edit(file, lambda rows: rows[1:])
    with pytest.raises(ArchiveChanged):
        search(library, library.reader(), {})


def test_files_that_are_elsewhere_are_told(library: Stacks) -> None:
    reader = library.reader()
    found = ArchiveSearch(Folder(library.address + "-elsewhere"), {})
    assert list(found.events(lambda made: made(Client(reader)))) == []
    assert len(found.missing) == len({f for f in library.files() if str(TENANT_A) in f})


def test_rows_that_are_none_are_refused(library: Stacks) -> None:
    reader = library.reader()
    wrongs: list[Any] = [{"a": 1}, [{}] * 10001]
    for wrong in wrongs:
        with refused("WT160"):
            call(reader, "search_archive", filter={}, events=wrong)
