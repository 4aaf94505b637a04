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
    # Archives
    "day": ("Day", "Dag"),
    "file": ("File", "Fil"),
    "archive_due": ("expired", "har gått ut"),
    "archive_expired": ("deleted, expired", "borttagen, hade gått ut"),
    "archive_rewritten": ("written anew", "skriven på nytt"),
    "archive_removed": ("deleted", "borttagen"),
    "archive_held": ("kept by a hold", "bevaras av gallringsstopp"),
    "archive_left": ("not at this address", "finns inte på adressen"),
    "archive_tells": (
        "still tells of {count} events that were erased",
        "berättar ännu om {count} raderade händelser",
    ),
    "archive_rows": (
        "{rows} events in {files} files are as they were sealed.",
        "{rows} händelser i {files} filer är som de förseglades.",
    ),
    "archive_unanchored": (
        "Without --checkpoint it isn't proven that this was the log.",
        "Utan --checkpoint är det inte bevisat att detta var loggen.",
    ),
    "archive_proven": (
        "{count} of them are in the log of the checkpoint of {origin}.",
        "{count} av dem finns i loggen för kontrollpunkten från {origin}.",
    ),
    "archive_later": (
        "{count} of them were written after the checkpoint: take a later one.",
        "{count} av dem skrevs efter kontrollpunkten: ta en senare.",
    ),
    "archive_good": ("The archive is whole.", "Arkivet är helt."),
    "archive_younger": (
        "The archive has nothing from before the checkpoint.",
        "Arkivet har inget från före kontrollpunkten.",
    ),
    "archive_linked": (
        "Linked: the log of {new} seals grew from that of {old}.",
        "Länkat: loggen med {new} sigill växte ur den med {old}.",
    ),
    "archive_missing": (
        "{count} archived files aren't at this address.",
        "{count} arkivfiler finns inte på adressen.",
    ),
    "ask_archive_expire": (
        "Delete the files of {name} in which everything has expired?",
        "Ta bort de filer från {name} där allt har gått ut?",
    ),
    "ask_hot": (
        "Let events leave the database after {days} days, once {name} has archived them?",
        "Låta händelser lämna databasen efter {days} dagar, när {name} har arkiverat dem?",
    ),
    "hot_for": ("{days} days once {name} has them", "{days} dagar när {name} har dem"),
    "hot": ("In the database", "I databasen"),
    "erased_archives": (
        "{count} archived files still tell of what was erased: pgwitness archive rewrite SINK "
        "writes them anew.",
        "{count} arkivfiler berättar ännu om det raderade: pgwitness archive rewrite MOTTAGARE "
        "skriver dem på nytt.",
    ),
    "by_sink": ("{count} that a sink has still to ship", "{count} som en mottagare inte fått"),
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
    "export_stopped": (
        "{export_id} was ended meanwhile; nothing of it was kept",
        "{export_id} avslutades under tiden; inget av den är kvar",
    ),
    "parquet_missing": (
        "Parquet needs a package: pip install 'pgwitness[parquet]'",
        "Parquet behöver ett paket: pip install 'pgwitness[parquet]'",
    ),
    "parquet_of_csv": (
        "Parquet is made of csv, and this export is {format}; ask for it anew with --format csv",
        "Parquet görs av csv, och den här exporten är {format}; begär den på nytt med --format csv",
    ),
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
    # Sinks
    "acknowledged": ("Last arrived", "Senast mottaget"),
    "approved": ("Approved", "Godkänd"),
    "approved_by": ("by {count} tenants", "av {count} organisationer"),
    "approved_no": ("not yet", "inte än"),
    "approved_yes": ("yes", "ja"),
    "behind": ("Behind", "Efter"),
    "confirm_approval": (
        "Let {name} carry whole events of the tenant?",
        "Låta {name} föra ut hela händelser från organisationen?",
    ),
    "confirm_discard": (
        "Give up events that {name} never delivers?",
        "Ge upp händelser som {name} aldrig levererar?",
    ),
    "confirm_drop_sink": (
        "Forget {name} and how far it has come?",
        "Glömma {name} och hur långt den har kommit?",
    ),
    "digest": ("Digest", "Kontrollsumma"),
    "envelopes": ("envelopes only", "bara kuvert"),
    "letters_discarded": ("{count} events given up.", "{count} händelser gavs upp."),
    "letters_retried": ("{count} events come once more.", "{count} händelser kommer en gång till."),
    "no_sink": ("the tenant has no sink {name}", "organisationen har ingen mottagare {name}"),
    "refused": ("Refused", "Avvisade"),
    "required": ("required", "krävs"),
    "retrying": ("comes once more", "kommer en gång till"),
    "ship_aside": ("event {event_id} put aside: {why}", "händelse {event_id} lagd åt sidan: {why}"),
    "ship_ended": (
        "ended before everything was shipped; the next run goes on there",
        "avslutades innan allt hade skickats; nästa körning fortsätter där",
    ),
    "ship_failed": (
        "{name}: {why}; again in {seconds} s",
        "{name}: {why}; försöker igen om {seconds} s",
    ),
    "shipped": ("{name}: {count} events shipped.", "{name}: {count} händelser skickade."),
    "shipped_aside": (
        "{count} were refused and put aside: pgwitness sink dead-letters {name}",
        "{count} avvisades och lades åt sidan: pgwitness sink dead-letters {name}",
    ),
    "shipping": ("Shipping {name}", "Skickar {name}"),
    "sink_filter": ("Filter", "Filter"),
    "sink_kind": ("Kind", "Slag"),
    "sink_options": ("Options", "Inställningar"),
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
    # Evidence
    "blacked_out": (
        "Content of {count} events blacked out in {path}, SHA-256 {sha256}.",
        "Innehållet i {count} händelser maskat i {path}, SHA-256 {sha256}.",
    ),
    "blacked_out_one": (
        "Content of 1 event blacked out in {path}, SHA-256 {sha256}.",
        "Innehållet i 1 händelse maskat i {path}, SHA-256 {sha256}.",
    ),
    "case_bad": (
        "{path} isn't what it says.",
        "{path} är inte vad den utger sig för.",
    ),
    "case_checkpoint": (
        "They are in the log {origin} of {count} seals, as its checkpoint says.",
        "De finns i loggen {origin} med {count} sigill, enligt dess kontrollpunkt.",
    ),
    "case_complete": (
        "The signed manifest shows that no event of the case is missing.",
        "Det signerade manifestet visar att ingen händelse i ärendet saknas.",
    ),
    "case_good": (
        "{path}: {count} events of {tenant} are what was sealed.",
        "{path}: {count} händelser för {tenant} är vad som förseglades.",
    ),
    "case_good_one": (
        "{path}: 1 event of {tenant} is what was sealed.",
        "{path}: 1 händelse för {tenant} är vad som förseglades.",
    ),
    "case_hidden": (
        "{count} groups of them are erased or blacked out, and proven by their digests.",
        "{count} grupper i dem är raderade eller maskade, och bevisas av sina kontrollsummor.",
    ),
    "case_signer": ("Signed by {name}.", "Signerad av {name}."),
    "case_written": (
        "{count} events with their proofs in {path}, SHA-256 {sha256}.",
        "{count} händelser med bevis i {path}, SHA-256 {sha256}.",
    ),
    "checkpoint_good": (
        "The log still holds what the checkpoint says: {count} seals of {origin}.",
        "Loggen innehåller fortfarande vad kontrollpunkten säger: {count} sigill i {origin}.",
    ),
    "checkpoint_handed_on": ("Handed to: {command}", "Lämnad till: {command}"),
    "checkpoint_kept": ("Written to {path}.", "Skriven till {path}."),
    "checkpoint_made": (
        "Checkpoint of {count} seals of {origin} signed.",
        "Kontrollpunkt för {count} sigill i {origin} signerad.",
    ),
    "checkpoint_refused": (
        "No checkpoint was signed: the log doesn't hold what the one in {path} says. Keep that "
        "file; it is the evidence.",
        "Ingen kontrollpunkt signerades: loggen innehåller inte vad den i {path} säger. Behåll "
        "filen; den är beviset.",
    ),
    "checkpoints_contradict": (
        "error: the case's checkpoint and the one that was kept say different things of the same "
        "{count} seals: one of them is of another history",
        "fel: ärendets kontrollpunkt och den bevarade säger olika saker om samma {count} sigill: "
        "en av dem hör till en annan historia",
    ),
    "checkpoints_differ": (
        "The case's checkpoint isn't the one that was kept, of {count} seals; the database shows "
        "whether both are of one log: pgwitness verify --checkpoint FILE --key KEYS",
        "Ärendets kontrollpunkt är inte den bevarade, med {count} sigill; databasen visar om båda "
        "hör till samma logg: pgwitness verify --checkpoint FIL --key NYCKLAR",
    ),
    "command_failed": (
        "{command} failed with exit code {code}; the checkpoint isn't kept there",
        "{command} misslyckades med kod {code}; kontrollpunkten finns inte där",
    ),
    "events_good": (
        "All events and seals are as they were sealed.",
        "Alla händelser och sigill är som de förseglades.",
    ),
    "file_unreadable": ("{path} can't be read: {why}", "{path} kan inte läsas: {why}"),
    "finding": ("Finding", "Avvikelse"),
    "finding_broken_chain": ("chain of seals broken", "bruten sigillkedja"),
    "finding_changed_event": ("event changed", "ändrad händelse"),
    "finding_cut_tail": ("seals cut off", "avhuggna sigill"),
    "finding_untold_setting": ("set, and not told", "inställt utan händelse"),
    "finding_dangling_hold": ("hold gone", "försvunnet gallringsstopp"),
    "finding_early_purge": ("removed too early", "gallrad för tidigt"),
    "finding_extra_event": ("event added", "tillagd händelse"),
    "finding_foreign": ("another log's checkpoint", "en annan loggs kontrollpunkt"),
    "finding_missing_event": ("event missing", "saknad händelse"),
    "finding_missing_list": ("list of a seal missing", "saknad sigillista"),
    "finding_missing_seal": ("seal missing", "saknat sigill"),
    "finding_reordered": ("seals reordered", "omkastade sigill"),
    "finding_restored": ("restored from a backup", "återställd från säkerhetskopia"),
    "finding_rewritten": ("log rewritten", "omskriven logg"),
    "finding_unexplained_purge": ("removed without a receipt", "gallrad utan kvitto"),
    "finding_unexplained_erasure": ("erased without a record", "raderad utan anteckning"),
    "finding_unsealed": ("not sealed", "inte förseglad"),
    "key_exists": (
        "{path} exists, and a key is never overwritten",
        "{path} finns redan, och en nyckel skrivs aldrig över",
    ),
    "key_made": (
        "The private key is in {path}: keep it outside the database, and a copy of it safe. The "
        "line above is the public key, for whoever verifies.",
        "Den privata nyckeln finns i {path}: förvara den utanför databasen, och en kopia säkert. "
        "Raden ovan är den publika nyckeln, för den som verifierar.",
    ),
    "ledger_made": (
        "Its ledger names {count} erasures, holds and retentions.",
        "Dess liggare anger {count} raderingar, gallringsstopp och bevarandetider.",
    ),
    "no_checkpoint": (
        "{path} holds no checkpoint, and isn't overwritten",
        "{path} är ingen kontrollpunkt, och skrivs inte över",
    ),
    "no_ledger": (
        "{path} has no ledger behind its checkpoint",
        "{path} har ingen liggare bakom sin kontrollpunkt",
    ),
    "no_epoch": (
        "nothing is sealed yet, so the log has no name; call audit.seal_events(), or give --origin",
        "inget är förseglat än, så loggen har inget namn; kör audit.seal_events(), eller ange "
        "--origin",
    ),
    "proving": ("Proving", "Bevisar"),
    "seal": ("seal {number}", "sigill {number}"),
    "searching": ("Searching", "Söker"),
    "unproven": (
        "{count} events that were found aren't in the file: they weren't sealed at the "
        "checkpoint. Collect them later.",
        "{count} funna händelser finns inte i filen: de var inte förseglade vid kontrollpunkten. "
        "Samla in dem senare.",
    ),
    "unproven_one": (
        "1 event that was found isn't in the file: it wasn't sealed at the checkpoint. Collect it "
        "later.",
        "1 funnen händelse finns inte i filen: den var inte förseglad vid kontrollpunkten. Samla "
        "in den senare.",
    ),
    "unsigned_manifest": (
        "Without a private key the manifest isn't signed: the file doesn't prove that no event is "
        "missing.",
        "Utan privat nyckel är manifestet inte signerat: filen bevisar inte att ingen händelse "
        "saknas.",
    ),
    "verifying": ("Verifying", "Verifierar"),
    "where": ("Where", "Var"),
    # Game days
    "attack": ("Attack", "Angrepp"),
    "found_by": ("Found by", "Hittas av"),
    "seconds": ("Seconds", "Sekunder"),
    "finding_unproven": ("not proven", "inte bevisad"),
    "gameday_embedded": (
        "A server is started for it, and gone afterwards.",
        "En server startas för detta och är borta efteråt.",
    ),
    "gameday_making": ("Making a log", "Skapar en logg"),
    "gameday_tampering": ("Tampering", "Manipulerar"),
    "gameday_inside": (
        "{count} attacks are found by the database itself.",
        "{count} angrepp hittas av databasen själv.",
    ),
    "gameday_outside": (
        "{count} are found only with what was kept outside: a checkpoint, its ledger, evidence.",
        "{count} hittas bara med det som sparats utanför: en kontrollpunkt, dess liggare, bevis.",
    ),
    "gameday_unseen": (
        "{count} are found by nothing.",
        "{count} hittas inte av något.",
    ),
    "gameday_missed": (
        "{count} should have been found, and weren't.",
        "{count} borde ha hittats men gjorde det inte.",
    ),
    "gameday_false_alarm": (
        "Something was found where nothing had been touched.",
        "Något hittades där inget hade rörts.",
    ),
    "gameday_lacking": (
        "{detector} should have said: {kinds}",
        "{detector} borde ha sagt: {kinds}",
    ),
    "gameday_limits": ("What no game day can show:", "Vad ingen övning kan visa:"),
    "gameday_limit_before": (
        "A seal proves what was sealed, not that it is true. What is told or changed in the minute "
        "before stays a lie.",
        "Ett sigill bevisar vad som förseglades, inte att det är sant. Det som sägs eller ändras "
        "minuten innan förblir en lögn.",
    ),
    "gameday_limit_since": (
        "Whoever makes everything anew is found by a checkpoint that was kept elsewhere, and by "
        "nothing what was sealed since the last one.",
        "Den som gör om allt hittas av en kontrollpunkt som sparats någon annanstans, men inget "
        "hittar det som förseglats sedan den senaste.",
    ),
    "gameday_limit_kept": (
        "Whoever has the signing key, or both the database and the place where checkpoints are "
        "kept, can tell any story.",
        "Den som har signeringsnyckeln, eller både databasen och platsen där kontrollpunkterna "
        "sparas, kan berätta vilken historia som helst.",
    ),
    "gameday_limit_rules": (
        "Toggles are events when they are set by their functions. Set by hand they leave none, nor "
        "does what is silenced by them.",
        "Loggningsval är händelser när de sätts med sina funktioner. Satta för hand lämnar de "
        "inga, och inte heller det som de tystar.",
    ),
    "gameday_limit_reading": (
        "A superuser reads without a trace.",
        "En superanvändare läser utan spår.",
    ),
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
