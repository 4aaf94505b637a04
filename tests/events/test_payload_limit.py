"""The payload's limit is counted in the bytes of its text, wherever the value comes from."""

from __future__ import annotations

from typing import Any

import pytest

from walls.ledger import REASON, Connection, call, log, log_batch, refused, stored

from databases import Database

LIMIT = 65_536


def set_limit(operator: Connection, limit: int) -> None:
    call(operator, "set_option", name="payload_limit_bytes", value=str(limit), reason=REASON)


def test_the_limit_itself_fits_and_one_byte_more_does_not(
    loaded_database: Database, app: Connection
) -> None:
    for text in ("x", "å", "😀"):
        size = len(text.encode())
        whole, over = LIMIT // size, LIMIT % size + 1
        log(app, description=text * whole)
        log_batch(app, [{"description": text * whole}])
        with refused("WT014") as refusal:
            log(app, description=text * whole + "x" * over)
        assert str(LIMIT) in refusal.message
        assert str(LIMIT + 1) in refusal.message
        with refused("WT014"):
            log_batch(app, [{"description": text * whole + "x" * over}])
    assert len(stored(loaded_database)) == 6


def test_every_part_of_the_payload_counts(loaded_database: Database, app: Connection) -> None:
    parts: dict[str, Any] = {
        "description": "x" * 10_000,
        "metadata": {"m": "x" * 9990},
        "target": {"t": "x" * 9990},
        "changes": {"c": "x" * 9990},
        "actor_id": "anna",
        "actor": {"a": "x" * 9990},
        "outcome": "failure",
        "error_message": "x" * (LIMIT - 49_996),
    }
    log(app, **parts)
    log_batch(app, [parts])
    for name in ("description", "error_message"):
        longer = parts | {name: parts[name] + "x"}
        with refused("WT014", case=name):
            log(app, **longer)
        with refused("WT014", case=name):
            log_batch(app, [longer])
    for name in ("metadata", "target", "changes", "actor"):
        [(key, text)] = parts[name].items()
        longer = parts | {name: {key: text + "x"}}
        with refused("WT014", case=name):
            log(app, **longer)
    assert len(stored(loaded_database)) == 2


@pytest.mark.parametrize("compression", ["pglz", "lz4"])
@pytest.mark.parametrize("limit", [1000, LIMIT])
def test_a_compressed_value_counts_whole(
    loaded_database: Database,
    app: Connection,
    operator: Connection,
    root: Connection,
    compression: str,
    limit: int,
) -> None:
    if limit != LIMIT:
        set_limit(operator, limit)
    if not _compresses(root, compression):
        pytest.skip(f"this server was built without {compression}")
    root.execute(
        f"create table public.letter (t text compression {compression}, "
        f"j jsonb compression {compression}); grant select on public.letter to public"
    )
    for size in (max(limit + 1, 40_000), 1_000_000):
        root.execute("truncate public.letter")
        root.execute(
            "insert into public.letter values "
            "(repeat('a', %(size)s), jsonb_build_object('a', repeat('a', %(size)s)))",
            {"size": size},
        )
        for values in (
            "description => t",
            "description => 'x', metadata => j",
            "description => 'x', target => j",
            "description => 'x', outcome => 'failure', error_message => t",
        ):
            with refused("WT014", case=(size, values)):
                app.execute(
                    f"select audit.log_event('user_created', 'user', {values}) from public.letter"
                )
    assert stored(loaded_database) == []


def _compresses(root: Connection, compression: str) -> bool:
    row = root.execute(
        "select %s = any (enumvals) from pg_settings where name = 'default_toast_compression'",
        (compression,),
    ).fetchone()
    return row == (True,)


@pytest.fixture
def cutting(operator: Connection) -> None:
    """The action user_created is cut instead of refused."""
    call(
        operator,
        "define_action",
        action="user_created",
        category="admin_actions",
        titles={"en": "User created"},
        when_too_large="cut",
    )


@pytest.mark.usefixtures("cutting")
def test_an_action_may_be_cut_and_says_so(loaded_database: Database, app: Connection) -> None:
    large: dict[str, Any] = {
        "description": "å" * LIMIT,
        "metadata": {"kept": False, "blob": "x" * LIMIT},
        "changes": {"name": {"old": None, "new": "Bo"}},
    }
    log(app, **large)
    log_batch(app, [large])
    for event in stored(loaded_database):
        assert event["description"].startswith("ååå")
        assert str(LIMIT * 2) in event["description"]
        [(marker, size)] = event["metadata"].items()
        assert "cut" in marker
        assert size > LIMIT
        assert event["changes"] == large["changes"]
        assert len(event["description"].encode()) < LIMIT


@pytest.mark.usefixtures("cutting")
def test_what_is_cut_is_still_checked(loaded_database: Database, app: Connection) -> None:
    for wrong in ({"outcome": "failure"}, {"action": "unheard_of"}, {"changes": ["x"]}):
        with refused("WT013", "WT010", case=wrong):
            log(app, **({"metadata": {"x": "x" * LIMIT}} | wrong))
    with refused("WT014"):
        log(app, action="user_deleted", metadata={"x": "x" * LIMIT})
    assert stored(loaded_database) == []


@pytest.mark.usefixtures("cutting")
def test_an_event_that_fits_is_not_cut(loaded_database: Database, app: Connection) -> None:
    log(app, description="x" * LIMIT)
    log_batch(app, [{"description": "x" * LIMIT}])
    assert [e["description"] for e in stored(loaded_database)] == ["x" * LIMIT] * 2
