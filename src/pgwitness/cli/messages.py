"""What the command line says to people, in English and in Swedish.

Titles of actions, categories, reasons and the like aren't here: they come from the catalogue.
"""

from __future__ import annotations

from datetime import datetime, timedelta

LANGUAGES = ("en", "sv")
"""Languages that the listings speak; the first is what is spoken when none was chosen."""

_TEXTS = {
    # Columns
    "armed": ("Armed", "Påslagen"),
    "command": ("Command", "Kommando"),
    "due": ("Due", "Gallras"),
    "due_at": ("Goes", "Gallras"),
    "floors": ("At least", "Minst"),
    "erased": ("Erased", "Raderade"),
    "exports": ("Exports", "Exporter"),
    "held": ("Held", "Bevaras"),
    "job": ("Job", "Jobb"),
    "kept": ("Kept", "Bevaras"),
    "last_run": ("Last run", "Senaste körning"),
    "level": ("Level", "Nivå"),
    "next": ("Next", "Härnäst"),
    "next_purge": ("Next purge", "Nästa gallring"),
    "oldest": ("Oldest", "Äldst"),
    "placed": ("Placed", "Infört"),
    "problem": ("Problem", "Problem"),
    "released": ("Released", "Hävt"),
    "remedy": ("Remedy", "Åtgärd"),
    "removed": ("Removed", "Gallrade"),
    "rows": ("Rows", "Rader"),
    "set": ("Set", "Satt"),
    "spared": ("Kept all the same", "Bevaras ändå"),
    "access_id": ("Session", "Session"),
    "action": ("Action", "Åtgärd"),
    "actor": ("Actor", "Aktör"),
    "actor_id": ("Actor ID", "Aktörens id"),
    "actor_type": ("Type", "Typ"),
    "captured": ("Columns", "Kolumner"),
    "category": ("Category", "Kategori"),
    "check": ("Check", "Kontroll"),
    "code": ("Code", "Kod"),
    "default": ("Default", "Förval"),
    "description": ("Description", "Beskrivning"),
    "detail": ("Detail", "Detalj"),
    "entity": ("Entity", "Objekt"),
    "error": ("Error", "Fel"),
    "events": ("Events", "Händelser"),
    "expires": ("Ends", "Upphör"),
    "granted": ("Granted", "Beviljad"),
    "granted_by": ("By", "Av"),
    "id": ("ID", "Id"),
    "ip": ("Address", "Adress"),
    "justification": ("Justification", "Motivering"),
    "last_seen": ("Last seen", "Senast sedd"),
    "logged": ("Logged", "Loggas"),
    "logging": ("Logging", "Loggning"),
    "name": ("Name", "Namn"),
    "opened": ("Opened", "Öppnad"),
    "option": ("Option", "Inställning"),
    "reason": ("Reason", "Skäl"),
    "recorded": ("Recorded", "Nedtecknad"),
    "registered": ("Registered", "Registrerad"),
    "relation": ("As", "Som"),
    "request_id": ("Request", "Anrop"),
    "role": ("Role", "Roll"),
    "source": ("Source", "Källa"),
    "spooled": ("Put aside", "Lagd åt sidan"),
    "status": ("Status", "Status"),
    "table": ("Table", "Tabell"),
    "target": ("Target", "Mål"),
    "tenant": ("Tenant", "Organisation"),
    "title": ("Title", "Titel"),
    "toggle": ("Override", "Undantag"),
    "user_agent": ("Client", "Klient"),
    "value": ("Value", "Värde"),
    "watched": ("Watched", "Bevakad"),
    "when": ("When", "När"),
    # Headings
    "actor_snapshot": ("Actor, as it was then", "Aktören, som den var då"),
    "changes": ("Changes", "Ändringar"),
    "metadata": ("Metadata", "Metadata"),
    "target_snapshot": ("Target, as it was then", "Målet, som det var då"),
    # States
    "before": ("older than {moment} go", "äldre än {moment} gallras"),
    "by_delay": ("{count} until the delay is over", "{count} tills fristen har gått ut"),
    "by_failure": ("{count} that refused", "{count} som vägrade"),
    "by_floor": ("{count} by their category", "{count} genom sin kategori"),
    "by_hold": ("{count} by a hold", "{count} genom gallringsstopp"),
    "by_invalid": ("{count} whose days are invalid", "{count} med ogiltigt antal dagar"),
    "by_lock": ("{count} in use", "{count} som används"),
    "by_partition": (
        "{count} until their partition ends",
        "{count} tills deras partition tar slut",
    ),
    "days": ("{days} days", "{days} dagar"),
    "days_one": ("1 day", "1 dag"),
    "exactly": ("to the day", "på dagen"),
    "forever": ("for ever", "för alltid"),
    "from_then": ("from {moment} on", "från {moment}"),
    "last_receipt": ("nothing of it is left", "inget av den finns kvar"),
    "no_time": ("nothing", "inget"),
    "of_predicted": ("of {count} due", "av {count}"),
    "export_cancelled": ("cancelled", "avbruten"),
    "export_completed": ("complete", "klar"),
    "export_expired": ("expired", "utgången"),
    "export_failed": ("failed", "misslyckades"),
    "export_pending": ("pending", "väntar"),
    "export_requested": ("{export_id}", "{export_id}"),
    "export_running": ("being written", "skrivs"),
    "exported": (
        "{count} events in {path}, SHA-256 {sha256}.",
        "{count} händelser i {path}, SHA-256 {sha256}.",
    ),
    "exporting": ("Exporting", "Exporterar"),
    "file_exists": (
        "{path} exists; --force replaces it",
        "{path} finns redan; --force ersätter den",
    ),
    "file_unwritable": (
        "{path} can't be written: {why}. Nothing of it was kept; run it again",
        "{path} kan inte skrivas: {why}. Inget av den är kvar; kör igen",
    ),
    "manifest_unwritable": (
        "{path} is whole, but its manifest can't be written: {why}",
        "{path} är hel, men dess manifest kan inte skrivas: {why}",
    ),
    "pipe_closed": (
        "the other end of the pipe was closed; the export is not whole",
        "andra änden av röret stängdes; exporten är inte hel",
    ),
    "requested": ("Requested", "Begärd"),
    "zstd_missing": (
        "Zstandard needs a package: pip install 'pgwitness[zstd]'",
        "Zstandard behöver ett paket: pip install 'pgwitness[zstd]'",
    ),
    "run_failed": ("failed", "misslyckades"),
    "run_interrupted": ("interrupted", "avbröts"),
    "run_running": ("running", "pågår"),
    "run_skipped": ("skipped", "hoppades över"),
    "run_stopped": ("stopped", "stannade"),
    "run_succeeded": ("succeeded", "lyckades"),
    "with_children": ("and {count} dependent rows", "och {count} beroende rader"),
    "all_columns": ("all", "alla"),
    "all_tenants": ("every tenant", "alla organisationer"),
    "closed": ("closed", "avslutad"),
    "expired": ("expired", "utgången"),
    "ignored_columns": ("ignored: {columns}", "förbigås: {columns}"),
    "is_mandatory": ("always logged", "loggas alltid"),
    "missing_role": ("role is gone", "rollen finns inte"),
    "more_columns": ("and {count} more", "och {count} till"),
    "never": ("never", "aldrig"),
    "off": ("off", "av"),
    "on": ("on", "på"),
    "open": ("open", "öppen"),
    "override_off": ("off here", "av här"),
    "override_on": ("on here", "på här"),
    "redacted_columns": ("without value: {columns}", "utan värde: {columns}"),
    "retired": ("retired", "avslutad"),
    "state_error": ("error", "fel"),
    "state_ok": ("ok", "ok"),
    "state_warning": ("warning", "varning"),
    "withheld": ("not kept: {why}", "sparas inte: {why}"),
    "withheld_bytes": ("{why}, {count} bytes", "{why}, {count} byte"),
    "withheld_not_watched_yet": ("not watched yet", "bevakades inte än"),
    "withheld_redacted": ("redacted", "maskerad"),
    "withheld_too_large": ("too large", "för stor"),
    # Kinds in the catalogue, relations of a subject, sources
    "kind_access_reason": ("Access reasons", "Skäl till insyn"),
    "kind_action": ("Actions", "Åtgärder"),
    "kind_actor_type": ("Actor types", "Aktörstyper"),
    "kind_category": ("Categories", "Kategorier"),
    "kind_entity_type": ("Entity types", "Objekttyper"),
    "kind_outcome": ("Outcomes", "Utfall"),
    "relation_actor": ("actor", "aktör"),
    "relation_mentioned": ("mentioned", "nämnd"),
    "relation_target": ("target", "mål"),
    "source_captured": ("captured from a table", "fångad från en tabell"),
    "source_imported": ("imported", "importerad"),
    "source_logged": ("logged by the application", "loggad av tillämpningen"),
    "source_system": ("the log itself", "loggen själv"),
    "erasure_data": ("data retention", "gallring av uppgifter"),
    "erasure_events": ("events", "händelser"),
    "erasure_replay": ("once more, after a restore", "en gång till, efter en återställning"),
    "erasure_subject": ("a person", "en person"),
    "ledger_erasure": ("erased event", "raderad händelse"),
    "ledger_hold": ("legal hold", "gallringsstopp"),
    "ledger_retention": ("retention policy", "gallringsregel"),
    # Results
    "erased_events": (
        "Something of {erased} events was erased. Holds keep it of {held}. Exports ended and "
        "emptied: {exports}.",
        "Något i {erased} händelser har raderats. Gallringsstopp bevarar det i {held}. Exporter "
        "som avslutats och tömts: {exports}.",
    ),
    "erased_needs_vacuum": (
        "The server keeps old versions of the rows until their tables are vacuumed: a daily "
        "pgwitness jobs run as a login that may become audit_owner does so.",
        "Servern behåller gamla radversioner tills tabellerna har städats (VACUUM): pgwitness "
        "jobs run gör det dagligen med en inloggning som får bli audit_owner.",
    ),
    "ledger_reflected": (
        "The database reflects all {entries} lines of the ledger.",
        "Databasen återspeglar alla {entries} rader i liggaren.",
    ),
    "nothing_ran": ("Nothing ran.", "Inget kördes."),
    "served": ("Ended.", "Avslutad."),
    "serving": (
        "Running jobs when they are due, until Ctrl-C.",
        "Kör jobb när de ska köras, tills Ctrl-C.",
    ),
    "takes_effect": ("In force from {moment} on.", "Gäller från {moment}."),
    "unscheduled": (
        "{jobs} jobs taken from pg_cron.",
        "{jobs} jobb borttagna från pg_cron.",
    ),
    "access_closed": (
        "Access session {access_id} is closed.",
        "Insynssession {access_id} är avslutad.",
    ),
    "access_hint": (
        "At the command line: --reason CODE --justification TEXT",
        "På kommandoraden: --reason KOD --justification TEXT",
    ),
    "access_opened": ("Access session {access_id} is open.", "Insynssession {access_id} är öppen."),
    "access_reuse": (
        "To read on with it: export PGWITNESS_ACCESS={access_id}",
        "För att läsa vidare med den: export PGWITNESS_ACCESS={access_id}",
    ),
    "batch_logged": (
        "{logged} logged, {muted} toggled off.",
        "{logged} loggade, {muted} avslagna.",
    ),
    "catalogue_loaded": ("Loaded {path}.", "Läste in {path}."),
    "batch_refused": (
        "Nothing was logged. Refused among lines {first} to {last}; index 0 is line {first}.",
        "Inget loggades. Vägrades bland raderna {first} till {last}; index 0 är rad {first}.",
    ),
    "changed": ("Done.", "Klart."),
    "count_at_least": ("more than {count}", "fler än {count}"),
    "events_counted": ("{shown} of {count} events.", "{shown} av {count} händelser."),
    "events_shown": ("{shown} events.", "{shown} händelser."),
    "events_shown_one": ("1 event.", "1 händelse."),
    "healthy": ("All is as it should be.", "Allt är som det ska."),
    "more_pages": ("Older ones: --after {cursor}", "Äldre: --after {cursor}"),
    "not_logged": (
        "Not logged: {action} is toggled off for this tenant.",
        "Loggades inte: {action} är avslagen för organisationen.",
    ),
    "nothing_found": ("Nothing found.", "Inget hittades."),
    "spool_logged": (
        "{logged} logged, {remaining} still waiting.",
        "{logged} loggade, {remaining} väntar ännu.",
    ),
    "statement_escaped": (
        "Characters that a terminal would obey are shown as escapes; for the statement itself "
        "write it to a file.",
        "Tecken som en terminal skulle lyda visas som koder; skriv satsen till en fil för att få "
        "den själv.",
    ),
    "toggles_changed_one": ("1 toggle changed.", "1 reglage ändrat."),
    "toggles_changed": ("{changes} toggles changed.", "{changes} reglage ändrade."),
    "unchanged": ("Nothing to change: it was so already.", "Inget att ändra: det var så redan."),
    # Headings of the toggles
    "logging_off": (
        "Audit logging is off: nothing is logged but what is always logged.",
        "Granskningsloggen är av: inget loggas utom det som alltid loggas.",
    ),
    "logging_on": ("Audit logging is on.", "Granskningsloggen är på."),
    # Progress
    "removing": ("Running", "Kör"),
    "reading": ("Reading", "Läser"),
    "writing": ("Logging", "Loggar"),
    # The dialogue of access
    "ask_arm": (
        "Let the purge remove old rows of {relation}? Now {count} of {rows} would go; the oldest "
        "of them: {oldest}.",
        "Ska gallringen ta bort gamla rader ur {relation}? Nu skulle {count} av {rows} gallras; "
        "den äldsta av dem: {oldest}.",
    ),
    "ask_data_purge": (
        "Remove {count} of {rows} rows of {relation} for good? The oldest of them: {oldest}.",
        "Ta bort {count} av {rows} rader ur {relation} för gott? Den äldsta av dem: {oldest}.",
    ),
    "ask_erase_events": (
        "Erase the payloads of these events? They can't be brought back.",
        "Radera innehållet i dessa händelser? Det kan inte återställas.",
    ),
    "ask_erase_subject": (
        "Erase whoever is named by these {count} identifiers? It can't be undone.",
        "Radera den som anges av dessa {count} beteckningar? Det kan inte göras ogjort.",
    ),
    "ask_erase_subject_one": (
        "Erase whoever is named by this identifier? It can't be undone.",
        "Radera den som anges av denna beteckning? Det kan inte göras ogjort.",
    ),
    "ask_purge": (
        "Remove {count} events for good? {lines}.",
        "Ta bort {count} händelser för gott? {lines}.",
    ),
    "ask_shorten": (
        "Keep events of {name} for {days} days only? Once that is in force, what is older goes: "
        "today everything before {cutoff}, and so far {before}.",
        "Behålla händelser för {name} i bara {days} dagar? När det gäller gallras det som är "
        "äldre: i dag allt före {cutoff}, och hittills {before}.",
    ),
    "purge_line": (
        "{name}: {count} older than {cutoff}",
        "{name}: {count} äldre än {cutoff}",
    ),
    "access_needed": (
        "The audit log opens only with a reason. The reason and everything you read are logged.",
        "Granskningsloggen öppnas bara med ett skäl. Skälet och allt du läser loggas.",
    ),
    "ask_justification": (
        "Justification, in 10–500 characters",  # noqa: RUF001
        "Motivering, 10–500 tecken",  # noqa: RUF001
    ),
    "ask_reason": ("Reason, 1 to {last}", "Skäl, 1 till {last}"),
    "characters": ("{count} characters.", "{count} tecken."),
    "not_a_reason": ("Type a number from 1 to {last}.", "Skriv ett tal från 1 till {last}."),
}

# Longest first; a mean month and a mean year are good enough for "3 months ago".
_UNITS = (
    (31_557_600, ("year", "years"), ("år", "år")),
    (2_629_800, ("month", "months"), ("månad", "månader")),
    (604_800, ("week", "weeks"), ("vecka", "veckor")),
    (86_400, ("day", "days"), ("dag", "dagar")),
    (3_600, ("hour", "hours"), ("timme", "timmar")),
    (60, ("minute", "minutes"), ("minut", "minuter")),
)


def text(language: str, key: str, **values: object) -> str:
    """Give a text in a language.

    Args:
        language: One of `LANGUAGES`.
        key: Which text; one whose key ends in `_one` stands in for it where its number is 1.
        **values: What its placeholders stand for; whole numbers are grouped as the language does.

    Raises:
        KeyError: There is no such text.
    """
    shown = {
        name: number(language, value) if type(value) is int else value
        for name, value in values.items()
    }
    if f"{key}_one" in _TEXTS and 1 in values.values():
        key = f"{key}_one"
    return _TEXTS[key][LANGUAGES.index(language)].format(**shown)


def knows(key: str) -> bool:
    """Whether there is a text of that key."""
    return key in _TEXTS


def number(language: str, value: int) -> str:
    """Write a whole number with its thousands apart: 1,234 in English, 1 234 in Swedish."""
    return f"{value:,}".replace(",", "," if language == "en" else "\N{NO-BREAK SPACE}")


def relative_time(language: str, moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago, or how far ahead, a moment is.

    Args:
        language: One of `LANGUAGES`.
        moment: When, with a time zone.
        now: What to count from; the clock when it is None.
    """
    distance = (now or datetime.now(moment.tzinfo)) - moment
    seconds = abs(distance) // timedelta(seconds=1)
    place = LANGUAGES.index(language)
    for length, *names in _UNITS:
        if seconds >= length:
            count = seconds // length
            span = f"{count} {names[place][count > 1]}"
            if distance > timedelta(0):
                return (f"{span} ago", f"{span} sedan")[place]
            return (f"in {span}", f"om {span}")[place]
    return ("just now", "nyss")[place]
