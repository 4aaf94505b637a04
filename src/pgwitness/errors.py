"""Exceptions for the refusals of the database: one class for each SQLSTATE of class WT.

Nothing is decided here. PostgreSQL refuses and says why; this module gives the refusal a Python
type and keeps its three texts (PostgreSQL manual, "Error and Notice Message Fields").
"""

from __future__ import annotations

from collections.abc import Iterator

SQLSTATE_CLASS = "WT"


class PgwitnessError(Exception):
    """A refusal of the audit log, or a value that the client can't send to it.

    As text it is all three, a line each.

    Attributes:
        message: what was refused, one line.
        detail: why, or None.
        hint: what would help, often SQL, or None.
        sqlstate: five characters beginning with WT; None when the client itself refused.
    """

    def __init__(
        self,
        message: str,
        *,
        detail: str | None = None,
        hint: str | None = None,
        sqlstate: str | None = None,
    ) -> None:
        """Keeps the texts; see the attributes."""
        super().__init__(message)
        self.message = message
        self.detail = detail
        self.hint = hint
        self.sqlstate = sqlstate

    def __str__(self) -> str:
        """Gives message, detail and hint."""
        lines = [self.message]
        if self.detail:
            lines.append(f"DETAIL: {self.detail}")
        if self.hint:
            lines.append(f"HINT: {self.hint}")
        return "\n".join(lines)


class TenantError(PgwitnessError):
    """Something is wrong with the tenant, the role or the actor of the call."""


class TenantMissing(TenantError):
    """WT001: neither the call nor the context nor the role's grants name a tenant."""


class TenantRefused(TenantError):
    """WT002: the role has no grant for that tenant."""


class TenantUnknown(TenantError):
    """WT003: the tenant isn't registered, or is retired."""


class ActorRefused(TenantError):
    """WT004: only members of audit_app may speak for another actor than their own role."""


class RoleUnknown(TenantError):
    """WT005: there is no such database role."""


class EventError(PgwitnessError):
    """The event can't be logged as it is."""


class ActionUnknown(EventError):
    """WT010: the action isn't in the catalogue, or is retired."""


class ActionReserved(EventError):
    """WT011: only the log itself logs this action."""


class EntityTypeUnknown(EventError):
    """WT012: the entity type isn't in the catalogue."""


class EventInvalid(EventError):
    """WT013: the event lacks something, or has a key or value that isn't one of an event's."""


class PayloadTooLarge(EventError):
    """WT014: the payload has more bytes than the option payload_limit_bytes allows."""


class TimeOutOfRange(EventError):
    """WT015: occurred_at is too far in the past or the future."""


class PartitionMissing(EventError):
    """WT016: there is no partition for the time of the event."""


class IdempotencyConflict(EventError):
    """WT017: the idempotency key already stands for an event with other content."""


class ToggleError(PgwitnessError):
    """The toggle can't be turned like that."""


class ToggleRefused(ToggleError):
    """WT020: no toggle reaches the action or category, or it is unknown."""


class ReasonInvalid(PgwitnessError):
    """WT021: the reason is missing or hasn't 10 to 500 characters."""


class CategoryUnknown(ToggleError):
    """WT022: the category isn't in the catalogue."""


class AccessError(PgwitnessError):
    """Reading was refused."""


class AccessRequired(AccessError):
    """WT030: reading takes an access session with a justification."""


class AccessExpired(AccessError):
    """WT031: the access session is over or was closed."""


class AccessUncommitted(AccessError):
    """WT032: an access session counts only once the transaction that opened it has committed."""


class AccessLimited(AccessError):
    """WT033: too many access sessions were opened within the hour."""


class AccessReasonUnknown(AccessError):
    """WT034: the access reason isn't in the catalogue."""


class AccessRefused(AccessError):
    """WT035: the access session is somebody else's."""


class ReadOnly(AccessError):
    """WT036: reading writes an event, so it needs a primary and a read-write transaction."""


class IsolationRefused(PgwitnessError):
    """WT037: this can't be done in a transaction that keeps one snapshot."""


class SearchError(PgwitnessError):
    """The search can't be run as it is."""


class FilterInvalid(SearchError):
    """WT040: a key of the filter is unknown, or its value isn't one for that key."""


class CursorInvalid(SearchError):
    """WT041: `after` isn't a cursor of this search."""


class PageSizeInvalid(SearchError):
    """WT042: the page size is out of range."""


class EventMissing(SearchError):
    """WT044: there is no such event, or it isn't the tenant's."""


class DefinitionRefused(PgwitnessError):
    """WT050: the catalogue can't be changed like that."""


class OptionInvalid(PgwitnessError):
    """WT060: the option is unknown, or the value isn't one for it."""


class AppendOnly(PgwitnessError):
    """WT070: events are neither changed nor removed."""


class InstallationError(PgwitnessError):
    """Installing, upgrading or removing was refused."""


class SchemaForeign(InstallationError):
    """WT080: a schema of that name exists and belongs to something else."""


class DatabaseNewer(InstallationError):
    """WT081: the database was installed by a newer release."""


class InstallerLacksRights(InstallationError):
    """WT082: the installing role lacks a right."""


class UninstallRefused(InstallationError):
    """WT083: there are events or holds that an uninstall would destroy."""


class Busy(InstallationError):
    """WT084: a lock that the installer or an operator needs was not to be had in time."""


class PartitionOpen(PgwitnessError):
    """WT085: the partition is still written to."""


class CaptureError(PgwitnessError):
    """A table can't be watched like that, or hasn't recorded what was asked for."""


class WatchRefused(CaptureError):
    """WT090: the table can't be watched like that."""


class RelationUnwatched(CaptureError):
    """WT091: the table isn't watched."""


class RevertRefused(CaptureError):
    """WT092: the event can't be undone by a statement."""


class SpooledChange(CaptureError):
    """WT093: a change was spooled instead of logged; a warning, which nothing raises."""


class RetentionError(PgwitnessError):
    """Something can't be kept, held or removed like that."""


class RetentionRefused(RetentionError):
    """WT110: the retention can't be set like that."""


class HoldRefused(RetentionError):
    """WT111: a hold can't be placed like that, or there is none of that name."""


class DataRetentionRefused(RetentionError):
    """WT112: the table can't have data retention like that, or has none."""


class PreviewRequired(RetentionError):
    """WT113: data retention is armed only after a fresh preview by the same login."""


class SchedulerMissing(PgwitnessError):
    """WT114: pg_cron isn't there to run jobs, or not for this role."""


class ExportFormatUnknown(PgwitnessError):
    """WT120: events are exported as csv or jsonl."""


class ExportMissing(PgwitnessError):
    """WT121: the tenant has no export of that id."""


class ExportForeign(PgwitnessError):
    """WT122: the export is somebody else's."""


class ExportUnreadable(PgwitnessError):
    """WT123: the export isn't complete, or was streamed and not kept."""


class ExportExpired(PgwitnessError):
    """WT124: the export was complete for more than 24 hours."""


class ExportFailed(PgwitnessError):
    """WT125: the export was ended while it was streamed, because something of it was erased."""


class SealingRefused(PgwitnessError):
    """WT130: events can't be sealed in a transaction that has written."""


class CheckpointRefused(PgwitnessError):
    """WT131: no checkpoint of a log that has no seals, or whose restore nobody has accepted."""


class Unprovable(PgwitnessError):
    """WT132: no seal lists the event, or the log has never been of that size."""


class ErasureRefused(PgwitnessError):
    """WT140: this can't be erased like that, or the erasure itself would tell of it."""


class LedgerInvalid(PgwitnessError):
    """WT141: these aren't lines of a ledger."""


class SinkUnknown(PgwitnessError):
    """WT150: there is no such sink for the role."""


class SinkTaken(PgwitnessError):
    """WT151: another consumer ships this sink."""


class SinkCursorForeign(PgwitnessError):
    """WT152: this is no place in the log as it is now; read again without it."""


class SinkRefused(PgwitnessError):
    """WT153: a sink can't be defined like that."""


class SinkApprovalRefused(PgwitnessError):
    """WT154: there is no such sink to approve, or it is defined otherwise."""


class DeadLetterRefused(PgwitnessError):
    """WT155: the sink hasn't given this event."""


class ArchiveRefused(PgwitnessError):
    """WT160: this can't be archived, or is no archive."""


class ArchiveConflict(PgwitnessError):
    """WT161: another file is noted under this name."""


class HotDaysRefused(PgwitnessError):
    """WT162: events can't leave the database early like that."""


class ArchiveMissing(PgwitnessError):
    """WT163: no such archived file is noted."""


class ArchiveKept(PgwitnessError):
    """WT164: an archived file can't go: not all in it has expired, or a hold may keep it."""


class ValueUnstorable(PgwitnessError, ValueError):
    """The client can't turn a Python value into JSON or text without losing some of it."""


ERRORS: dict[str, type[PgwitnessError]] = {
    "WT001": TenantMissing,
    "WT002": TenantRefused,
    "WT003": TenantUnknown,
    "WT004": ActorRefused,
    "WT005": RoleUnknown,
    "WT010": ActionUnknown,
    "WT011": ActionReserved,
    "WT012": EntityTypeUnknown,
    "WT013": EventInvalid,
    "WT014": PayloadTooLarge,
    "WT015": TimeOutOfRange,
    "WT016": PartitionMissing,
    "WT017": IdempotencyConflict,
    "WT020": ToggleRefused,
    "WT021": ReasonInvalid,
    "WT022": CategoryUnknown,
    "WT030": AccessRequired,
    "WT031": AccessExpired,
    "WT032": AccessUncommitted,
    "WT033": AccessLimited,
    "WT034": AccessReasonUnknown,
    "WT035": AccessRefused,
    "WT036": ReadOnly,
    "WT037": IsolationRefused,
    "WT040": FilterInvalid,
    "WT041": CursorInvalid,
    "WT042": PageSizeInvalid,
    "WT044": EventMissing,
    "WT050": DefinitionRefused,
    "WT060": OptionInvalid,
    "WT070": AppendOnly,
    "WT080": SchemaForeign,
    "WT081": DatabaseNewer,
    "WT082": InstallerLacksRights,
    "WT083": UninstallRefused,
    "WT084": Busy,
    "WT085": PartitionOpen,
    "WT090": WatchRefused,
    "WT091": RelationUnwatched,
    "WT092": RevertRefused,
    "WT093": SpooledChange,
    "WT110": RetentionRefused,
    "WT111": HoldRefused,
    "WT112": DataRetentionRefused,
    "WT113": PreviewRequired,
    "WT114": SchedulerMissing,
    "WT120": ExportFormatUnknown,
    "WT121": ExportMissing,
    "WT122": ExportForeign,
    "WT123": ExportUnreadable,
    "WT124": ExportExpired,
    "WT125": ExportFailed,
    "WT130": SealingRefused,
    "WT131": CheckpointRefused,
    "WT132": Unprovable,
    "WT140": ErasureRefused,
    "WT141": LedgerInvalid,
    "WT150": SinkUnknown,
    "WT151": SinkTaken,
    "WT152": SinkCursorForeign,
    "WT153": SinkRefused,
    "WT154": SinkApprovalRefused,
    "WT155": DeadLetterRefused,
    "WT160": ArchiveRefused,
    "WT161": ArchiveConflict,
    "WT162": HotDaysRefused,
    "WT163": ArchiveMissing,
    "WT164": ArchiveKept,
}


def translate(error: BaseException) -> PgwitnessError | None:
    """Gives the exception of this module that stands for a driver's exception.

    Understands psycopg, psycopg2, asyncpg and pg8000, and their errors inside those of SQLAlchemy
    and Django.

    Args:
        error: what the driver, or the layer above it, raised.

    Returns:
        A new exception, to be raised from `error`; None when the SQLSTATE isn't of class WT. A code
        that this release doesn't know gives a plain PgwitnessError.
    """
    for cause in _causes(error):
        sqlstate = _text(cause, "sqlstate") or _text(cause, "pgcode")
        # pg8000 has no attributes, only the fields of the protocol by their letters.
        fields = cause.args[0] if cause.args and isinstance(cause.args[0], dict) else {}
        sqlstate = sqlstate or fields.get("C")
        if sqlstate is None or not sqlstate.startswith(SQLSTATE_CLASS):
            continue
        diagnostics = getattr(cause, "diag", None)
        message = (
            _text(diagnostics, "message_primary") or _text(cause, "message") or fields.get("M")
        )
        if message is None:
            continue
        return ERRORS.get(sqlstate, PgwitnessError)(
            message,
            detail=_text(diagnostics, "message_detail")
            or _text(cause, "detail")
            or fields.get("D"),
            hint=_text(diagnostics, "message_hint") or _text(cause, "hint") or fields.get("H"),
            sqlstate=sqlstate,
        )
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Gives the exception and what it wraps: SQLAlchemy's `orig`, then explicit causes."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += [cause.__cause__, getattr(cause, "orig", None)]


def _text(holder: object, name: str) -> str | None:
    value = getattr(holder, name, None)
    return value if isinstance(value, str) else None
