"""Payloads leave for a tenant only while one of its administrators has approved the sink."""

from __future__ import annotations

from retention.vault import in_background
from sinks.harbour import Harbour, ids
from walls.ledger import REASON, call, log, refused

from databases import TENANT_A, TENANT_B


def test_nothing_of_a_tenant_leaves_before_it_has_approved(harbour: Harbour) -> None:
    harbour.open()
    harbour.write(3)
    harbour.write(2, harbour.app_b)
    harbour.seal()
    assert harbour.drain() == []
    assert harbour.approve("b")
    assert set(ids(harbour.drain())) == set(harbour.carried("b"))
    assert harbour.sink(tenant="a")["is_approved"] is False
    assert harbour.sink(tenant="b")["is_approved"] is True
    assert harbour.sink()["approved_tenants"] == 1


def test_an_approval_says_which_definition_it_is_for(harbour: Harbour) -> None:
    harbour.define()
    for digest in ("0" * 64, "", None):
        with refused("WT154") as refusal:
            call(harbour.admin, "approve_sink", name="siem", digest=digest, reason=REASON)
        assert harbour.digest() in refusal.detail
    with refused("WT154"):
        call(harbour.admin, "approve_sink", name="other", digest=harbour.digest(), reason=REASON)
    with refused("WT021"):
        call(harbour.admin, "approve_sink", name="siem", digest=harbour.digest(), reason="yes")
    assert harbour.approve()
    assert not harbour.approve()


def test_only_the_tenants_own_administrators_approve(harbour: Harbour) -> None:
    harbour.define(tenant_ids=[TENANT_A])
    digest = harbour.digest()
    with refused("WT154"):
        call(harbour.admin_b, "approve_sink", name="siem", digest=digest, reason=REASON)
    with refused("WT002"):
        call(
            harbour.admin_b, "approve_sink", name="siem", digest=digest, reason=REASON,
            tenant_id=TENANT_A,
        )  # fmt: skip
    for connection in (harbour.operator, harbour.auditor, harbour.shipper, harbour.app):
        with refused("42501"):
            call(connection, "approve_sink", name="siem", digest=digest, reason=REASON)
    harbour.define("envelopes", options={"content": "envelope"})
    with refused("WT154"):
        harbour.approve(name="envelopes")


def test_another_definition_has_to_be_approved_anew(harbour: Harbour) -> None:
    harbour.open("a", "b")
    harbour.write(2)
    harbour.seal()
    assert ids(harbour.drain())
    harbour.define(options={"start": "beginning"}, filter={"outcome": "failure"})
    failed = log(harbour.app, outcome="failure", error_message="no room", description="It failed")
    harbour.seal()
    assert harbour.drain() == []
    assert harbour.sink()["approved_tenants"] == 0
    assert harbour.approve("a")
    assert ids(harbour.drain()) == [failed]


def test_how_often_it_is_tried_needs_no_approval(harbour: Harbour) -> None:
    harbour.open("a")
    assert harbour.define(options={"start": "beginning", "max_attempts": 9, "batch_size": 10})
    assert harbour.sink()["approved_tenants"] == 1


def test_what_was_withdrawn_goes_on_where_it_ended(harbour: Harbour) -> None:
    harbour.open("a", "b")
    first = harbour.write(2)
    harbour.seal()
    assert set(first) <= set(ids(harbour.drain()))
    assert harbour.withdraw("a")
    assert not harbour.withdraw("a")
    meanwhile = harbour.write(3)
    others = harbour.write(1, harbour.app_b)
    harbour.seal()
    taken = ids(harbour.drain())
    assert set(others) <= set(taken)
    assert not set(meanwhile) & set(taken)
    assert harbour.approve("a")
    later = harbour.write(1)
    harbour.seal()
    taken = ids(harbour.drain())
    assert set(meanwhile) | set(later) <= set(taken)
    assert not set(first) & set(taken)


def test_a_sink_that_begins_now_carries_what_is_sealed_from_then_on(harbour: Harbour) -> None:
    before = harbour.write(2)
    harbour.seal()
    assert harbour.define()
    between = harbour.write(2)
    harbour.seal()
    assert harbour.approve("a")
    after = harbour.write(2)
    harbour.seal()
    taken = set(ids(harbour.drain()))
    assert set(after) <= taken
    assert not (set(before) | set(between)) & taken


def test_a_batch_read_before_an_approval_passes_over_none_of_it(harbour: Harbour) -> None:
    harbour.open("b")
    harbour.write(1, harbour.app_b)
    harbour.seal()
    batch = harbour.read()
    harbour.approve("a")
    approved = harbour.write(2)
    harbour.seal()
    ahead = harbour.read(after=batch[-1]["cursor"])
    for row in (batch[-1], *ahead[-1:]):
        harbour.acknowledge(row["cursor"])
    taken = ids(ahead) + ids(harbour.drain())
    assert set(approved) <= set(taken)


def test_approvals_are_events_of_their_tenant(harbour: Harbour) -> None:
    harbour.open("a", "b")
    harbour.withdraw("b")
    told = harbour.all(
        "select action, tenant_id from audit_private.event where action ~ '^sink_approv' "
        "order by sequence"
    )
    assert [tuple(row.values()) for row in told] == [
        ("sink_approved", TENANT_A),
        ("sink_approved", TENANT_B),
        ("sink_approval_withdrawn", TENANT_B),
    ]


def test_a_tenant_that_a_sink_is_no_longer_for_has_to_approve_anew(harbour: Harbour) -> None:
    harbour.open("a", "b")
    options = {"start": "beginning"}
    harbour.define(options=options, tenant_ids=[TENANT_B])
    harbour.seal()
    harbour.drain()
    missed = harbour.write(2)
    harbour.seal()
    harbour.drain()
    harbour.define(options=options)
    assert harbour.sink()["approved_tenants"] == 1
    harbour.approve("a")
    assert set(missed) <= set(ids(harbour.drain()))


def test_what_is_approved_while_it_changes_counts_for_nothing(harbour: Harbour) -> None:
    harbour.open()
    harbour.write(2)
    harbour.seal()
    digest = harbour.digest()

    def approve() -> None:
        call(harbour.admin, "approve_sink", name="siem", digest=digest, reason=REASON)

    harbour.operator.autocommit = False
    harbour.define(options={"start": "beginning"}, filter={"outcome": "success"})
    with in_background(approve) as failures:
        process = harbour.admin.info.backend_pid
        while not harbour.value(
            "select count(*) from pg_stat_activity where pid = %s and wait_event_type = 'Lock'",
            process,
        ):
            assert failures == []
        harbour.operator.commit()
    harbour.operator.autocommit = True
    assert failures == []
    assert harbour.sink()["approved_tenants"] == 0
    assert harbour.drain() == []
