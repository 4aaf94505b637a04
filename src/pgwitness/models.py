"""What the functions of schema audit return: one frozen dataclass for each kind of row.

Times are aware and in UTC. JSON is what Python's json gives, except that a number comes as a
Decimal where a float would lose digits or an integer has more of them than Python reads (4,300),
and a document of more levels than Python reads as text: whatever somebody managed to store, its
neighbours stay readable.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_interface
from typing import (
    Annotated,
    Any,
    Self,
    TypeAlias,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

from pgwitness import text

Address: TypeAlias = IPv4Address | IPv6Address | IPv4Interface | IPv6Interface
"""An address, or an address with the prefix of its network."""

Json: TypeAlias = Annotated[Any, "jsonb"]
"""A JSON value: dict, list, str, int, float, Decimal, bool or None."""

Texts: TypeAlias = Annotated[dict[str, str], "jsonb"]
"""Language code to text, such as {"en": "User created", "sv": "Användare skapad"}."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the log.

    Attributes:
        tenant_id: whose event it is.
        occurred_at: when it happened.
        id: UUIDv7 (RFC 9562) that also holds the microseconds of occurred_at.
        recorded_at: when it was written.
        sequence: orders events of one entity that share a microsecond.
        transaction_id: number of the transaction that wrote it.
        source: logged, captured, imported or system.
        category: what the action is switched with.
        action: what was done.
        entity_type: to what kind of thing.
        entity_id: to which.
        actor_type: by what kind of actor.
        actor_id: by whom.
        actor: snapshot of the actor at that moment.
        description: the event in words.
        target: snapshot of what was acted on, an object or a list of them; of a captured event that
            tells of a whole row, column to value.
        changes: column to {"old": …, "new": …}. Here as in a captured target {"withheld": why, …}
            stands for what isn't kept.
        metadata: whatever else the application told; `pgwitness.text.MARK` in it lists what was
            escaped.
        outcome: success or failure.
        error_message: why it failed.
        ip: address that the request came from.
        user_agent: the client program's own name (RFC 9110, section 10.1.5).
        request_id: ties together what one request did.
        recorded_by: database login, and the SET ROLE role behind a slash.
    """

    tenant_id: UUID
    occurred_at: datetime
    id: UUID
    recorded_at: datetime
    sequence: int
    transaction_id: int
    source: str
    category: str
    action: str
    entity_type: str
    entity_id: str | None
    actor_type: str
    actor_id: str | None
    actor: Json
    description: str | None
    target: Json
    changes: Json
    metadata: Json
    outcome: str
    error_message: str | None
    ip: Address | None
    user_agent: str | None
    request_id: str | None
    recorded_by: str

    def restored(self) -> Self:
        """Gives the event with its escaped text as the writer had it (`pgwitness.text`).

        Such text may hold NUL and lone surrogates, which few programs print.
        """
        return type(self)(**text.restore(asdict(self)))


@dataclass(frozen=True, slots=True)
class FoundEvent(Event):
    """An event of a page of a search.

    Attributes:
        cursor: pass it as `after` to get the page behind this event.
    """

    cursor: str


@dataclass(frozen=True, slots=True)
class SubjectEvent(Event):
    """An event that concerns a person.

    Attributes:
        relations: how: any of actor, target, mentioned.
    """

    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlEvent:
    """The envelope of an event about the log itself; attributes as in `Event`."""

    tenant_id: UUID
    occurred_at: datetime
    id: UUID
    recorded_at: datetime
    sequence: int
    transaction_id: int
    source: str
    action: str
    entity_type: str
    actor_type: str
    outcome: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class EventCount:
    """How many events match a filter.

    Attributes:
        count: number of events, at most the bound that was asked for.
        is_exact: False when there are more than that.
    """

    count: int
    is_exact: bool


@dataclass(frozen=True, slots=True)
class LoggedCount:
    """What became of a batch.

    Attributes:
        logged: events that were stored.
        muted: events that a toggle silenced.
    """

    logged: int
    muted: int


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of one element of an import.

    Attributes:
        line: its index in the list, from 0.
        result: imported, repeated or refused.
        event_id: the event, None when refused.
        sqlstate: why it was refused; a key of `pgwitness.errors.ERRORS`.
        message: why it was refused, in words.
        hint: what would help.
        is_expired: retention would remove it at its next run.
    """

    line: int
    result: str
    event_id: UUID | None
    sqlstate: str | None
    message: str | None
    hint: str | None
    is_expired: bool | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who appears in the log.

    Attributes:
        actor_type: user, system, api_key or database_role.
        actor_id: who.
        actor: the newest snapshot.
        last_seen_at: time of the newest event.
        events: how many.
    """

    actor_type: str
    actor_id: str | None
    actor: Json
    last_seen_at: datetime
    events: int


@dataclass(frozen=True, slots=True)
class AccessSession:
    """Justified access to a tenant's events.

    Attributes:
        access_id: the session.
        access_reason: code from the catalogue.
        justification: the reader's own words.
        actor_id: who reads.
        actor_type: what kind of actor reads.
        recorded_by: database login, and the SET ROLE role behind a slash.
        opened_at: when it was opened.
        last_used_at: when it was last read with.
        expires_at: when it ends, if it isn't used again.
        closed_at: when it was closed, or None.
        closed_by: who closed it, or None.
        is_open: whether it can be read with now.
    """

    access_id: UUID
    access_reason: str
    justification: str
    actor_id: str
    actor_type: str
    recorded_by: str
    opened_at: datetime
    last_used_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One code of the vocabulary.

    Attributes:
        kind: category, action, entity_type, actor_type, outcome or access_reason.
        code: the code.
        category: of an action, else None.
        titles: language code to title.
        descriptions: language code to description.
        is_mandatory: only the log itself logs it, and no toggle reaches it.
        is_built_in: comes with pgwitness.
        retired_at: since when it can't be used, or None.
    """

    kind: str
    code: str
    category: str | None
    titles: Texts
    descriptions: Texts
    is_mandatory: bool
    is_built_in: bool
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant.

    Attributes:
        tenant_id: the application's identifier.
        name: for people.
        registered_at: when.
        retired_at: since when it can't log, or None.
        is_logging_enabled: its global toggle.
    """

    tenant_id: UUID
    name: str
    registered_at: datetime
    retired_at: datetime | None
    is_logging_enabled: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """A database role that may act for a tenant.

    Attributes:
        role_name: the role's exact name.
        tenant_id: the tenant; None means all.
        reason: why it may act for all, else None.
        granted_at: when.
        granted_by: database login, and the SET ROLE role behind a slash.
        is_role_present: whether the role still exists.
    """

    role_name: str
    tenant_id: UUID | None
    reason: str | None
    granted_at: datetime
    granted_by: str
    is_role_present: bool


@dataclass(frozen=True, slots=True)
class Toggle:
    """One action's toggles and what they come to.

    Attributes:
        category: its category.
        category_titles: language code to title.
        category_descriptions: language code to description.
        category_enabled: the category's toggle.
        category_logged: how many of its actions are logged.
        category_total: how many actions it has.
        action: the action.
        action_titles: language code to title.
        action_descriptions: language code to description.
        is_mandatory: no toggle reaches it.
        override: its own toggle, None when it follows its category.
        is_logged: what it comes to.
        logging_enabled: the tenant's global toggle.
    """

    category: str
    category_titles: Texts
    category_descriptions: Texts
    category_enabled: bool
    category_logged: int
    category_total: int
    action: str
    action_titles: Texts
    action_descriptions: Texts
    is_mandatory: bool
    override: bool | None
    is_logged: bool
    logging_enabled: bool


@dataclass(frozen=True, slots=True)
class Option:
    """A setting of the installation.

    Attributes:
        name: the option.
        value: in force.
        default_value: of a new installation.
        description: what it does, and its unit.
        changed_at: when it was last set, or None.
        changed_by: who set it last, or None.
    """

    name: str
    value: str
    default_value: str
    description: str
    changed_at: datetime | None
    changed_by: str | None


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One finding of check_health.

    Attributes:
        check_name: what was looked at.
        state: ok, warning or error.
        detail: what was found.
        hint: the SQL that mends it, or None.
    """

    check_name: str
    state: str
    detail: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition of the events.

    Attributes:
        partition_name: the table.
        from_time: its first moment.
        until_time: the first moment after it.
        is_closed: whether it has the indexes for searching.
        estimated_rows: the planner's estimate.
        bytes: size on disk with indexes.
    """

    partition_name: str
    from_time: datetime
    until_time: datetime
    is_closed: bool
    estimated_rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """A table whose changes are captured.

    Attributes:
        relation: its name.
        entity_type: what its rows are called in events.
        tenant_column: which column says whose a row is; None leaves it to the context.
        label_column: which column people know a row by, or None.
        key_columns: its primary key.
        columns: those whose values are recorded; None for all.
        redact_columns: those of which only that they changed is recorded.
        ignore_columns: those that aren't looked at.
        level: statement or row: how often its trigger runs.
        on_error: refuse or spool: what happens to a change that can't be logged.
        keep_deleted_values: whether the event of a deleted row holds its values.
        watched_at: since when.
        watched_by: database login, and the SET ROLE role behind a slash.
        state: ok, warning or error.
        problem: what isn't as it should be, a line each, or None.
        hint: the SQL that mends it, or None.
    """

    relation: str
    entity_type: str
    tenant_column: str | None
    label_column: str | None
    key_columns: tuple[str, ...]
    columns: tuple[str, ...] | None
    redact_columns: tuple[str, ...]
    ignore_columns: tuple[str, ...]
    level: str
    on_error: str
    keep_deleted_values: bool
    watched_at: datetime
    watched_by: str
    state: str
    problem: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class SpooledStatement:
    """A statement whose changes couldn't be logged and were put aside.

    Attributes:
        entity_type: what the table's rows are called in events.
        operation: what the statement did.
        spooled_at: when.
        spooled_by: database login, and the SET ROLE role behind a slash.
        events: how many are waiting.
        error: why they couldn't be logged.
    """

    entity_type: str
    operation: str
    spooled_at: datetime
    spooled_by: str
    events: int
    error: str


@dataclass(frozen=True, slots=True)
class SpoolCount:
    """What became of the changes that were put aside.

    Attributes:
        logged: events that could be logged now.
        remaining: events that still wait.
    """

    logged: int
    remaining: int


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a tenant's events are kept.

    Attributes:
        tenant_id: the tenant.
        name: its name.
        days: older events go; None keeps them for ever.
        is_exact: they are removed the night after they expire, instead of with their partition.
        cutoff: events strictly older have expired; None when none does.
        set_at: when that was set, None when it never was.
        set_by: database login, and the SET ROLE role behind a slash.
        reason: why.
        next_days: what waits to take effect.
        next_is_exact: the same for `is_exact`.
        next_takes_effect_at: when it does; None when nothing waits.
        next_set_by: who set that.
        next_reason: why.
        floors: category to the days that its events are kept at least.
        next_purge_at: when expired events are removed next.
        hot_days: archived events older than this leave the database early; None when they don't.
        hot_sink: the sink that archives them.
        next_hot_days: what waits to take effect.
        next_hot_sink: the same for `hot_sink`.
        next_hot_takes_effect_at: when it does; None when nothing waits.
    """

    tenant_id: UUID
    name: str
    days: int | None
    is_exact: bool
    cutoff: datetime | None
    set_at: datetime | None
    set_by: str | None
    reason: str | None
    next_days: int | None
    next_is_exact: bool | None
    next_takes_effect_at: datetime | None
    next_set_by: str | None
    next_reason: str | None
    floors: Json
    next_purge_at: datetime | None
    hot_days: int | None
    hot_sink: str | None
    next_hot_days: int | None
    next_hot_sink: str | None
    next_hot_takes_effect_at: datetime | None


@dataclass(frozen=True, slots=True)
class PurgePreview:
    """What a purge would remove of a tenant's events.

    Attributes:
        tenant_id: the tenant.
        name: its name.
        days: the policy in force; None keeps everything.
        is_exact: expired events go at once, instead of with their partition.
        cutoff: events strictly older have expired.
        due: how many would go now.
        oldest_at: time of the oldest of these.
        newest_at: time of the newest of these.
        kept_by_floor: expired, but their category is kept longer.
        kept_by_hold: expired, but held.
        kept_by_sink: expired, but a sink that purges wait for hasn't delivered them.
        waiting_for_partition: expired, and gone once all of their partition has.
        hot_days: archived events of that age are due as well; None when they aren't.
        hot_cutoff: archived events strictly older are due.
    """

    tenant_id: UUID
    name: str
    days: int | None
    is_exact: bool
    cutoff: datetime | None
    due: int
    oldest_at: datetime | None
    newest_at: datetime | None
    kept_by_floor: int
    kept_by_hold: int
    kept_by_sink: int
    waiting_for_partition: int
    hot_days: int | None
    hot_cutoff: datetime | None


@dataclass(frozen=True, slots=True)
class Purge:
    """The receipt of a purge of one tenant's events.

    Attributes:
        run_id: the run; one run has a receipt for each tenant.
        started_at: when it began.
        finished_at: when it ended.
        tenant_id: the tenant.
        name: its name.
        days: the policy in force.
        is_exact: the policy in force.
        cutoff: events strictly older had expired.
        predicted: events that the run set out to remove.
        removed: events that it removed.
        kept_by_floor: expired, but their category is kept longer.
        kept_by_hold: expired, but held.
        kept_by_sink: expired, but a sink that purges wait for hadn't delivered them.
        hot_days: archived events of that age were due as well; None when they weren't.
        hot_cutoff: archived events strictly older were due.
        oldest_removed_at: time of the oldest event removed.
        newest_removed_at: time of the newest event removed.
        is_last: the tenant is retired, and nothing of it is left.
        result: running, succeeded, failed or interrupted.
        error: what kept it from removing some of them.
        run_by: database login, and the SET ROLE role behind a slash.
    """

    run_id: UUID
    started_at: datetime
    finished_at: datetime | None
    tenant_id: UUID
    name: str | None
    days: int | None
    is_exact: bool
    cutoff: datetime | None
    predicted: int
    removed: int
    kept_by_floor: int
    kept_by_hold: int
    kept_by_sink: int
    hot_days: int | None
    hot_cutoff: datetime | None
    oldest_removed_at: datetime | None
    newest_removed_at: datetime | None
    is_last: bool
    result: str
    error: str | None
    run_by: str


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A file that a sink has archived events in.

    Attributes:
        tenant_id: whose events.
        name: of the sink.
        address: where the sink wrote it.
        file: path below the address.
        day: the day in UTC on which its events occurred.
        rows: events in it.
        bytes: its size.
        sha256: of the file, in hexadecimal.
        first_at: time of its first event.
        last_at: time of its last event.
        noted_at: when it was noted.
        noted_by: database login, and the SET ROLE role behind a slash.
        is_expired: all events in it have expired.
        is_held: a legal hold may keep some of them.
        erased: events in it that were erased later, so that it still tells of them; None once it is
            to be gone.
        removed_at: since when it is to be gone; None while it is kept.
        removed_by: who decided that.
        removal: expired or rewritten.
    """

    tenant_id: UUID
    name: str
    address: str
    file: str
    day: date
    rows: int
    bytes: int
    sha256: str
    first_at: datetime
    last_at: datetime
    noted_at: datetime
    noted_by: str
    is_expired: bool
    is_held: bool
    erased: int | None
    removed_at: datetime | None
    removed_by: str | None
    removal: str | None


@dataclass(frozen=True, slots=True)
class FoundArchive:
    """An archived file that may hold what a filter finds.

    Attributes:
        name: of the sink.
        address: where the sink wrote it.
        file: path below the address.
        day: the day in UTC on which its events occurred.
        rows: events in it.
        sha256: of the file, in hexadecimal.
    """

    name: str
    address: str
    file: str
    day: date
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Hold:
    """What nothing may remove or erase.

    Attributes:
        tenant_id: the tenant.
        name: for people.
        filter: what is held.
        reason: why.
        placed_at: when.
        placed_by: database login, and the SET ROLE role behind a slash.
        released_at: since when it holds nothing; None while it stands.
        released_by: who released it.
        release_reason: why.
    """

    tenant_id: UUID
    name: str
    filter: Json
    reason: str
    placed_at: datetime
    placed_by: str
    released_at: datetime | None
    released_by: str | None
    release_reason: str | None


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    Attributes:
        erasure_id: the erasure.
        erased: events of which something was erased.
        held: events that a hold keeps, and that are erased when it is released.
        exports: exports that were ended and emptied.
    """

    erasure_id: UUID
    erased: int
    held: int
    exports: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure; it says nowhere whose.

    Attributes:
        tenant_id: whose events.
        erasure_id: the erasure.
        kind: subject, events, replay or data.
        reason: why.
        requested_at: when.
        requested_by: database login, and the SET ROLE role behind a slash.
        erased: events of which it has erased something by now.
        held: events that a hold still keeps from it.
        exports: exports that were ended and emptied with it.
    """

    tenant_id: UUID
    erasure_id: UUID
    kind: str
    reason: str
    requested_at: datetime
    requested_by: str
    erased: int
    held: int
    exports: int


@dataclass(frozen=True, slots=True)
class LedgerProblem:
    """What the database doesn't reflect of a ledger.

    Attributes:
        kind: erasure, hold or retention.
        tenant_id: whose.
        id: the event, the hold, or when the policy takes effect.
        problem: what is wrong.
        remedy: what mends it, mostly SQL.
    """

    kind: str
    tenant_id: UUID
    id: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class DataRetention:
    """A table of the application under data retention.

    Attributes:
        relation: its name.
        time_column: which column says how old a row is.
        tenant_column: which column says whose a row is, or None.
        levels: where to look for the days, first to last.
        children: tables whose rows go too or keep a row.
        entity_type: what its rows are called in events and holds, or None.
        decision: the disposal decision.
        armed_at: since when rows are removed; None when they aren't.
        armed_by: database login, and the SET ROLE role behind a slash.
        last_run_at: when rows were last removed, or could have been.
        problem: what isn't as it should be, or None.
    """

    relation: str
    time_column: str
    tenant_column: str | None
    levels: Json
    children: Json
    entity_type: str | None
    decision: str
    armed_at: datetime | None
    armed_by: str | None
    last_run_at: datetime | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class ResolvedRetention:
    """How long one row is kept.

    Attributes:
        level: which level says so; None when none does.
        days: how many; None keeps it for ever.
        is_kept: it is kept whatever its age.
        time: how old it is.
        due_at: when it may go; None when it may not.
        problem: what is wrong with the value, or None.
    """

    level: str | None
    days: int | None
    is_kept: bool
    time: datetime | None
    due_at: datetime | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class DataPurgePreview:
    """What a purge would remove of a table's rows that are kept alike.

    Attributes:
        tenant_id: whose they are; None where the table doesn't say.
        level: which level says how long they are kept; None when none does.
        days: how long; None keeps them for ever.
        rows: how many there are.
        due: how many would go now.
        waiting: would, but the days were shortened just now.
        kept_by_hold: due, but held.
        invalid: kept, since the value is neither null nor 1 to 2,555.
        oldest_at: time of the oldest row.
    """

    tenant_id: UUID | None
    level: str | None
    days: int | None
    rows: int
    due: int
    waiting: int
    kept_by_hold: int
    invalid: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class DataPurge:
    """The receipt of a purge of a table's rows.

    Attributes:
        run_id: the run; one run has a receipt for each table and tenant.
        relation: the table.
        tenant_id: whose rows.
        started_at: when the run began.
        finished_at: when it ended.
        predicted: rows that the run set out to remove.
        removed: rows that it removed.
        children_removed: rows of other tables that went with them.
        erased: events of which the values went that were captured from these rows.
        kept_by_hold: due, but held.
        kept_locked: due, but somebody was working with them.
        failed: due, but something refused.
        by_level: level to rows removed.
        decision: the disposal decision.
        result: running, succeeded, failed or interrupted.
        error: what kept it from removing some of them.
        run_by: database login, and the SET ROLE role behind a slash.
    """

    run_id: UUID
    relation: str
    tenant_id: UUID | None
    started_at: datetime
    finished_at: datetime | None
    predicted: int
    removed: int
    children_removed: int
    erased: int
    kept_by_hold: int
    kept_locked: int
    failed: int
    by_level: Json
    decision: str
    result: str
    error: str | None
    run_by: str


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A statement that helps to close a partition, or rids a table of what was erased.

    Attributes:
        partition_name: the table.
        statement: what to run.
    """

    partition_name: str
    statement: str


@dataclass(frozen=True, slots=True)
class BegunExport:
    """An export that the log knows of, to be streamed by its statement.

    Attributes:
        export_id: the export.
        statement: the COPY that gives its content, for a later transaction.
    """

    export_id: UUID
    statement: str


@dataclass(frozen=True, slots=True)
class TakenExport:
    """An export that a worker writes into a file, to be streamed by its statement.

    Attributes:
        taken_id: the export.
        statement: the COPY that gives its content, for a later transaction.
    """

    taken_id: UUID
    statement: str


@dataclass(frozen=True, slots=True)
class Export:
    """An export of events, and how far it is.

    Attributes:
        export_id: the export.
        format: csv or jsonl.
        filter: the filter as it was given.
        state: pending, running, completed, failed, cancelled or expired.
        is_straight: streamed to a client; otherwise the job `run_exports` writes it.
        rows: events written so far.
        bytes: bytes written so far.
        reached_at: time of the last event written so far; exports go from the newest to the oldest.
        digest: SHA-256 in hexadecimal: of the file when straight, else over the digests of the
            chunks, one behind the other.
        error: why it failed.
        actor_id: who asked for it.
        actor_type: what kind of actor that is.
        requested_by: database login, and the SET ROLE role behind a slash.
        requested_at: when it was asked for.
        started_at: the moment that it shows.
        finished_at: when it ended.
        expires_at: from then on it can't be read.
    """

    export_id: UUID
    format: str
    filter: Json
    state: str
    is_straight: bool
    rows: int
    bytes: int
    reached_at: datetime | None
    digest: str | None
    error: str | None
    actor_id: str
    actor_type: str
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExportChunk:
    """A part of an export, of whole lines.

    Attributes:
        chunk: its place in the export, from 1.
        content: UTF-8.
        digest: SHA-256 of the content, in hexadecimal.
    """

    chunk: int
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal of the log.

    Attributes:
        tenant_id: whose events it covers.
        name: the tenant's.
        seal_number: 1, 2, 3 … for each tenant.
        log_index: its place in the log of all seals, from 0.
        epoch: the life of the log that it was made in.
        sealed_at: when.
        event_count: events in it.
        running_count: events in it and in all before it.
        first_at: time of its first event, or None.
        last_at: time of its last event, or None.
        seal_hash: in hexadecimal.
    """

    tenant_id: UUID
    name: str
    seal_number: int
    log_index: int
    epoch: int
    sealed_at: datetime
    event_count: int
    running_count: int
    first_at: datetime | None
    last_at: datetime | None
    seal_hash: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """A life of the log: since it was installed, or since it went on from an earlier state.

    Attributes:
        epoch: from 1.
        origin: what checkpoints are called in it.
        kind: installed, promoted, point_in_time or dump_restored.
        began_at: when that was noticed.
        log_size: seals that were there then.
        last_sealed_at: when the last of them was made.
        accepted_at: when somebody declared the restore, or None.
        accepted_by: database login, and the SET ROLE role behind a slash.
        accept_reason: why.
    """

    epoch: int
    origin: str
    kind: str
    began_at: datetime
    log_size: int
    last_sealed_at: datetime | None
    accepted_at: datetime | None
    accepted_by: str | None
    accept_reason: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that verifying the log found wrong.

    Attributes:
        kind: what; README lists the kinds.
        tenant_id: whose, or None.
        seal_number: the tenant's seal, or None.
        event_id: the event, or None.
        occurred_at: when that was, or None.
        detail: more of it.
    """

    kind: str
    tenant_id: UUID | None
    seal_number: int | None
    event_id: UUID | None
    occurred_at: datetime | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log at one moment, to be signed as a checkpoint.

    Attributes:
        origin: the log's name and epoch.
        tree_size: how many seals it has.
        root_hash: root of the tree of them (RFC 6962), 32 bytes.
        sealed_until: when the last of them was made.
    """

    origin: str
    tree_size: int
    root_hash: bytes
    sealed_until: datetime


@dataclass(frozen=True, slots=True)
class EventProof:
    """What proves an event.

    Attributes:
        event_id: the event.
        proof: for `pgwitness.evidence.proofs.Proof.parse`; None when it isn't sealed so far.
    """

    event_id: UUID
    proof: Json


@dataclass(frozen=True, slots=True)
class ScheduledJob:
    """A job that pg_cron runs.

    Attributes:
        job_name: the procedure.
        schedule: minute, hour, day, month and weekday (UTC).
        command: what is run.
    """

    job_name: str
    schedule: str
    command: str


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and how its last run ended.

    Attributes:
        job_name: the procedure.
        description: what it does.
        schedule: minute, hour, day, month and weekday (UTC).
        scheduler: pg_cron when that was told to run it; None when something else has to.
        next_run_at: when it should begin next.
        last_started_at: when it last began, None when it never did.
        last_finished_at: when that run ended.
        duration: how long that run took, or has taken.
        result: running, succeeded, failed or interrupted.
        detail: what it did, or what went wrong.
        run_by: database login, and the SET ROLE role behind a slash.
    """

    job_name: str
    description: str
    schedule: str
    scheduler: str | None
    next_run_at: datetime
    last_started_at: datetime | None
    last_finished_at: datetime | None
    duration: timedelta | None
    result: str | None
    detail: str | None
    run_by: str | None


@dataclass(frozen=True, slots=True)
class Sink:
    """Where events are shipped to, and how far that is.

    Attributes:
        name: the sink.
        kind: how it is shipped; `list_sink_options` names them.
        format: of its events.
        options: as they were given.
        filter: which events.
        tenant_ids: whose; None for every tenant's.
        role: the one role that may read it.
        digest: SHA-256 of the definition in hexadecimal: what is approved.
        carries_payloads: whole events, which wait for each tenant's approval, and not envelopes.
        purge_waits: whether a purge leaves what it hasn't delivered.
        is_approved: whether the tenant that was asked about has approved it; None when nobody has
            to, or no tenant was named.
        approved_tenants: how many have; None when nobody has to, or a tenant was named.
        events_behind: sealed events that it has still to pass, those that the filter doesn't find
            among them.
        behind_since: when the oldest of them was sealed.
        dead_letters: events that the receiver refused.
        consumer_process_id: the server process that reads it, or read it last.
        seen_at: when that was last heard of.
        acknowledged_at: when something last arrived.
        error: what went wrong since, in the consumer's words.
        error_at: when that was.
        defined_at: when.
        defined_by: database login, and the SET ROLE role behind a slash.
    """

    name: str
    kind: str
    format: str
    options: Json
    filter: Json
    tenant_ids: tuple[UUID, ...] | None
    role: str
    digest: str
    carries_payloads: bool
    purge_waits: bool
    is_approved: bool | None
    approved_tenants: int | None
    events_behind: int
    behind_since: datetime | None
    dead_letters: int
    consumer_process_id: int | None
    seen_at: datetime | None
    acknowledged_at: datetime | None
    error: str | None
    error_at: datetime | None
    defined_at: datetime
    defined_by: str


@dataclass(frozen=True, slots=True)
class SinkOption:
    """An option that a sink may have.

    Attributes:
        name: the option.
        kinds: of sinks that have it.
        is_required: whether they need it.
        pattern: a regular expression that its value follows.
        description: what it means.
    """

    name: str
    kinds: tuple[str, ...]
    is_required: bool
    pattern: str
    description: str


@dataclass(frozen=True, slots=True)
class SinkEvent:
    """An event as a sink ships it, or how far there is none.

    Attributes:
        cursor: what `acknowledge_sink` takes, once this and all before it have arrived.
        tenant_id: whose event.
        event_id: the event; None when the row only tells how far there is none.
        occurred_at: the event's time.
        content: the event in the sink's format, without line end.
    """

    cursor: str
    tenant_id: UUID | None
    event_id: UUID | None
    occurred_at: datetime | None
    content: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a receiver refused.

    Attributes:
        tenant_id: whose event.
        event_id: the event.
        occurred_at: the event's time.
        refusals: how often it was given up.
        first_refused_at: when first.
        last_refused_at: when last.
        error: why, in the consumer's words.
        is_retrying: whether it is to be shipped once more.
    """

    tenant_id: UUID
    event_id: UUID
    occurred_at: datetime
    refusals: int
    first_refused_at: datetime
    last_refused_at: datetime
    error: str
    is_retrying: bool


Model = TypeVar("Model")

_Converter: TypeAlias = Callable[[Any], Any]


def columns(model: type[Any]) -> tuple[str, ...]:
    """Gives the select list for a model's rows.

    What drivers hand over differently (jsonb, inet, name) is asked for as text.
    """
    hints = get_type_hints(model, include_extras=True)
    return tuple(
        f'cast("{f.name}" as text) as "{f.name}"' if _is_text(hints[f.name]) else f'"{f.name}"'
        for f in fields(model)
    )


def reader(model: type[Model]) -> Callable[[Sequence[Mapping[str, Any]]], list[Model]]:
    """Gives the function that makes a model's instances from rows."""

    def read(rows: Sequence[Mapping[str, Any]]) -> list[Model]:
        converters = _converters(cast(Hashable, model))
        return [model(**{name: convert(row[name]) for name, convert in converters}) for row in rows]

    return read


def as_uuid(value: object) -> UUID | None:
    """Gives a plain UUID from what a driver returns for one."""
    # Drivers have UUIDs of their own; a batch of a sink has thousands that are plain.
    return value if value is None or type(value) is UUID else UUID(str(value))


def as_json(document: str | None) -> Any:
    """Reads jsonb that was selected as text; never fails on what PostgreSQL can store."""
    if document is None:
        return None
    try:
        return json.loads(document, parse_float=text.exact_number)
    except RecursionError:
        return document
    except ValueError:
        return json.loads(document, parse_float=text.exact_number, parse_int=_as_integer)


def _as_integer(digits: str) -> int | Decimal:
    try:
        return int(digits)
    except ValueError:
        return Decimal(digits)


def _as_time(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _as_address(value: str | None) -> Address | None:
    if value is None:
        return None
    interface = ip_interface(value)
    is_single = interface.network.prefixlen == interface.max_prefixlen
    return interface.ip if is_single else interface


def _as_tuple(value: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(value or ())


def _as_tuple_or_none(value: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def _as_uuids_or_none(value: Sequence[Any] | None) -> tuple[UUID, ...] | None:
    return None if value is None else tuple(UUID(str(each)) for each in value)


def _as_is(value: Any) -> Any:
    return value


def _is_text(hint: Any) -> bool:
    return get_origin(hint) is Annotated or IPv4Interface in get_args(hint)


def _converter(hint: Any) -> _Converter:
    if get_origin(hint) is Annotated:
        return as_json
    kinds = {hint, *get_args(hint)}
    if IPv4Interface in kinds:
        return _as_address
    if UUID in kinds:
        return as_uuid
    if datetime in kinds:
        return _as_time
    if hint is bytes:
        return bytes
    if get_origin(hint) is tuple:
        return _as_tuple
    if tuple[UUID, ...] in kinds:
        return _as_uuids_or_none
    if any(get_origin(kind) is tuple for kind in kinds):
        return _as_tuple_or_none
    return _as_is


@cache
def _converters(model: Hashable) -> tuple[tuple[str, _Converter], ...]:
    hints = get_type_hints(model, include_extras=True)
    return tuple((f.name, _converter(hints[f.name])) for f in fields(cast(Any, model)))
