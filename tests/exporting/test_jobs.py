"""Exports that the job writes: what they hold, who gets them, and what the log says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from psycopg.types.json import Jsonb

from exporting.office import Office, call_one, parse, table
from reading.desk import COLUMNS
from retention.vault import old
from walls.ledger import refused, rows


def test_from_the_request_to_the_download(office: Office) -> None:
    for number in range(3):
        office.desk.put(description=f"number {number}")
    office.other.put(description="of b")
    export_id = office.request({"action": "user_created"})
    assert office.listed(export_id)["state"] == "pending"
    office.run()
    listed = office.listed(export_id)
    assert (listed["state"], listed["rows"]) == ("completed", 3)
    assert (listed["expires_at"] - listed["finished_at"]).total_seconds() == 24 * 3600
    content = office.read(export_id)
    assert [row["description"] for row in parse(content)] == ["number 2", "number 1", "number 0"]
    assert list(parse(content)[0]) == COLUMNS
    requested, completed, downloaded = office.events(export_id)
    assert requested["metadata"]["filter"] == {"action": "user_created"}
    assert requested["metadata"]["justification"] == "To see that reading works"
    assert completed["metadata"]["digest"] == listed["digest"]
    assert (completed["metadata"]["rows"], completed["metadata"]["bytes"]) == (3, len(content))
    assert downloaded["metadata"]["step"] == "downloaded"
    assert downloaded["metadata"]["read_number"]
    assert {event["tenant_id"] for event in office.events(export_id)} == {office.desk.tenant_id}


def test_nothing_found_is_a_whole_export_too(office: Office) -> None:
    lines, cells = office.request({"request_id": "x"}), office.request({"request_id": "x"}, "csv")
    office.run()
    assert office.read(lines) == b""
    assert office.read(cells).decode() == ",".join(COLUMNS) + "\r\n"
    assert office.listed(cells)["rows"] == 0


def test_many_chunks_and_a_download_that_reads_on(office: Office) -> None:
    office.fill(22_001)
    export_id = office.request({"source": "imported"}, "csv")
    [started] = office.start()
    assert started == export_id
    assert office.step(export_id) == "more"
    listed = office.listed(export_id)
    assert (listed["state"], listed["rows"]) == ("running", 10_000)
    assert listed["reached_at"] is not None
    assert [office.step(export_id) for _ in range(3)] == ["more", "done", "done"]
    cells = table(office.read(export_id))
    assert len(cells) == 22_001
    found = office.vault.root.execute(
        "select id::text from audit_private.event where source = 'imported' "
        "order by occurred_at desc, id desc"
    )
    assert [row["id"] for row in cells] == [row["id"] for row in found]
    # Reading on is the same download; another session's is another.
    assert office.steps(export_id).count("downloaded") == 1
    rows(office.reader, "read_export", export_id=export_id, after_chunk=1)
    assert office.steps(export_id).count("downloaded") == 1
    administrator = office.vault.reader("admin")
    rows(administrator, "read_export", export_id=export_id, after_chunk=2)
    assert office.steps(export_id).count("downloaded") == 2


def test_large_events_make_small_chunks(office: Office) -> None:
    for _ in range(40):
        office.desk.put(metadata={"text": "x" * 1_000_000})
    export_id = office.request({"action": "user_created"})
    office.run()
    sizes = [
        (row["number"], row["size"])
        for row in office.vault.root.execute(
            "select number, octet_length(content) as size from audit_private.export_chunk"
        )
    ]
    assert len(sizes) == 5
    assert max(size for _, size in sizes) < 10_000_000
    assert len(parse(office.read(export_id))) == 40


def test_a_large_event_among_small_ones_is_in_their_chunk(office: Office) -> None:
    for size in (1, 1, 5_000, 1):
        office.desk.put(metadata={"text": "x" * size})
    export_id = office.request({"action": "user_created"})
    office.run()
    [(chunks,)] = office.vault.root.execute(
        "select count(*) from audit_private.export_chunk"
    ).fetchall()
    assert chunks == 1
    assert len(parse(office.read(export_id))) == 4


def test_it_needs_an_open_session_each_time(office: Office) -> None:
    bare = office.database.connect(office.database.role("reader"))
    office.reader.execute(
        "select audit.close_access(access_id) from audit.list_access() where is_open"
    )
    with refused("WT030", "WT031"):
        office.request(connection=bare)
    with refused("WT030", "WT031"):
        rows(bare, "begin_export")
    with refused("WT030", "WT031"):
        rows(bare, "read_export", export_id=uuid4())
    assert rows(bare, "list_exports") == []


def test_an_export_belongs_to_who_asked_for_it(office: Office) -> None:
    office.desk.put()
    export_id = office.request()
    office.run()
    privacy = office.vault.reader("privacy")
    with refused("WT122"):
        rows(privacy, "read_export", export_id=export_id)
    with refused("WT122"):
        call_one(privacy, "cancel_export", export_id=export_id)
    assert office.listed(export_id, privacy)["state"] == "completed"
    assert rows(office.vault.reader("admin"), "read_export", export_id=export_id)
    with refused("WT121"):
        rows(office.other.reader, "read_export", export_id=export_id)
    with refused("WT002"):
        rows(
            office.other.reader,
            "read_export",
            export_id=export_id,
            tenant_id=office.desk.tenant_id,
        )
    assert rows(office.other.reader, "list_exports") == []
    for persona in ("app", "operator"):
        connection = office.database.connect(office.database.role(persona))
        with refused("42501"):
            rows(connection, "read_export", export_id=export_id)
        with refused("42501"):
            connection.execute("select * from audit_private.export_chunk")


def test_what_is_not_complete_cannot_be_read(office: Office) -> None:
    office.fill(10_001)
    export_id = office.request()
    with refused("WT123") as refusal:
        rows(office.reader, "read_export", export_id=export_id)
    assert "pending" in refusal.detail
    office.start()
    office.step(export_id)
    with refused("WT123"):
        rows(office.reader, "read_export", export_id=export_id)
    office.operator.execute(
        "select audit_private.fail_export(%s, 'the disk is full')", (export_id,)
    )
    with refused("WT123") as refusal:
        rows(office.reader, "read_export", export_id=export_id)
    assert "the disk is full" in refusal.detail
    assert office.steps(export_id) == ["requested", "failed"]


def test_it_ends_after_24_hours_whatever_the_job_did(office: Office) -> None:
    export_id = office.request()
    office.run()
    office.read(export_id)
    office.vault.root.execute(
        "update audit_private.export set expires_at = clock_timestamp() - interval '1 second'"
    )
    with refused("WT124"):
        rows(office.reader, "read_export", export_id=export_id)
    assert office.listed(export_id)["state"] == "expired"
    assert office.vault.root.execute("select from audit_private.export_chunk").fetchall()
    office.run()
    assert not office.vault.root.execute("select from audit_private.export_chunk").fetchall()
    with refused("WT124"):
        rows(office.reader, "read_export", export_id=export_id)


def test_bad_input_is_refused_by_name(office: Office) -> None:
    for function in ("request_export", "begin_export"):
        for format in ("xml", "", None, "CSV"):
            with refused("WT120"):
                rows(office.reader, function, format=format)
        for filter in ({"colour": "red"}, {"action": "nonsense"}, {"from": "yesterday"}):
            with refused("WT040"):
                rows(office.reader, function, filter=filter)
        with refused("WT040"):
            rows(office.reader, function, filter=Jsonb([]))
    assert rows(office.reader, "list_exports") == []


def test_an_error_of_one_export_is_its_state(office: Office) -> None:
    office.desk.put()
    broken, whole = office.request(), office.request()
    office.start()
    office.vault.root.execute(
        "update audit_private.export set condition = '1/0 = 1' where export_id = %s", (broken,)
    )
    office.run()
    assert office.listed(broken)["state"] == "failed"
    assert office.listed(broken)["error"] == "division by zero"
    assert office.listed(whole)["state"] == "completed"
    assert office.steps(broken) == ["requested", "failed"]


def test_a_day_is_that_of_who_asks(office: Office) -> None:
    day = (datetime.now(UTC) - timedelta(days=2)).replace(hour=14)
    office.vault.bring(old(day))
    office.desk.put(day, description="before midnight in Tokyo")
    office.desk.put(day + timedelta(hours=2), description="after it")
    office.reader.execute("set timezone = 'Asia/Tokyo'")
    filter = {"from": f"{day:%F}", "to": f"{day:%F}", "source": "logged"}
    assert [row["description"] for row in office.take(filter)] == ["before midnight in Tokyo"]


def test_idle_runs_leave_one_row(office: Office) -> None:
    for _ in range(5):
        office.run()
    runs = office.vault.root.execute(
        "select result, detail from audit_private.job_run where job_name = 'run_exports'"
    ).fetchall()
    assert runs == [{"result": "succeeded", "detail": "nothing to do"}]
