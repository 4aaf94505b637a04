"""An event's id is a UUIDv7 that gives its time to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walls.ledger import Connection, log, log_batch, stored

from databases import Database

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def test_the_id_gives_the_time_to_the_microsecond(root: Connection) -> None:
    @settings(
        max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
        st.integers(0, 2**62 - 1),
    )
    def check(moment: datetime, bits: int) -> None:
        row = root.execute(
            "select i.id, audit_private.event_time(i.id) "
            "from audit_private.new_event_id(%s, %s) as i (id)",
            (moment, bits),
        ).fetchone()
        assert row is not None
        event_id, back = row
        assert back == moment
        microseconds = (moment - EPOCH) // MICROSECOND
        assert event_id.version == 7
        assert event_id.variant == "specified in RFC 4122"
        assert event_id.int >> 80 == microseconds // 1000
        assert event_id.int >> 64 & 0xFFF == microseconds % 1000

    check()


def test_ids_sort_by_time(root: Connection) -> None:
    row = root.execute(
        """
        select bool_and(i.id > i.earlier)
        from (
          select n.id, lag(n.id) over (order by m.moment) as earlier
          from generate_series(timestamptz '2026-01-01', '2026-01-01 00:00:05', '0.0007 s')
            as m (moment)
          cross join lateral audit_private.new_event_id(m.moment, 0) as n (id)
        ) i
        where i.earlier is not null
        """
    ).fetchone()
    assert row == (True,)


def test_no_other_id_is_taken_for_an_event_s(root: Connection) -> None:
    for text in (
        "019a0000-0000-4000-8000-000000000000",
        "019a0000-0000-7400-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
    ):
        row = root.execute("select audit_private.event_time(%s)", (text,)).fetchone()
        assert row == (None,), text


def test_stored_ids_give_the_stored_time_and_never_repeat(
    loaded_database: Database, app: Connection, app_b: Connection
) -> None:
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    for _ in range(50):
        log(app)
        log(app_b, occurred_at=past)
    log_batch(app, [{}] * 3000)
    log_batch(app_b, [{"occurred_at": past}] * 3000)
    with loaded_database.superuser() as root:
        row = root.execute(
            "select count(*), count(distinct id), "
            "bool_and(audit_private.event_time(id) = occurred_at) "
            "from audit_private.event where source = 'logged'"
        ).fetchone()
    assert row == (6100, 6100, True)
    assert stored(loaded_database, "id <> id") == []
