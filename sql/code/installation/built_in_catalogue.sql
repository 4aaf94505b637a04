-- What the log says about itself. Applied with the code, so that a release can add to it. Roles other
-- than the owner can't reach these rows: the define functions refuse them.

insert into audit_private.actor_type as known (actor_type, titles, descriptions)
values
  ('user', '{"en": "User", "sv": "Användare"}',
    '{"en": "A person signed in to the application", "sv": "En person som är inloggad i tillämpningen"}'),
  ('system', '{"en": "System", "sv": "System"}',
    '{"en": "The application itself, a job or a schedule", "sv": "Tillämpningen själv, ett jobb eller ett schema"}'),
  ('api_key', '{"en": "API key", "sv": "API-nyckel"}',
    '{"en": "A program that presented a key", "sv": "Ett program som visade upp en nyckel"}'),
  ('database_role', '{"en": "Database role", "sv": "Databasroll"}',
    '{"en": "Nobody was named, so the database role stands for the actor", "sv": "Ingen namngavs, så databasrollen står som aktör"}')
on conflict (actor_type) do update
set titles = excluded.titles, descriptions = excluded.descriptions
where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);

insert into audit_private.outcome as known (outcome, titles, descriptions)
values
  ('success', '{"en": "Success", "sv": "Lyckades"}',
    '{"en": "It was done", "sv": "Det blev gjort"}'),
  ('failure', '{"en": "Failure", "sv": "Misslyckades"}',
    '{"en": "It was tried and not done", "sv": "Det försöktes men blev inte gjort"}')
on conflict (outcome) do update
set titles = excluded.titles, descriptions = excluded.descriptions
where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);

insert into audit_private.category as known (category, titles, descriptions, is_mandatory, is_built_in)
values
  ('audit_control', '{"en": "Control of the log", "sv": "Styrning av loggen"}',
    '{"en": "Acts on the log itself; always logged", "sv": "Åtgärder på själva loggen; loggas alltid"}', true, true),
  ('audit_access', '{"en": "Access to the log", "sv": "Insyn i loggen"}',
    '{"en": "Who opened, read and took out the log, and why; always logged", "sv": "Vem som öppnade, läste och tog ut loggen, och varför; loggas alltid"}',
    true, true)
on conflict (category) do update
set titles = excluded.titles, descriptions = excluded.descriptions, is_mandatory = true, is_built_in = true
where (known.titles, known.descriptions, known.is_mandatory, known.is_built_in)
  is distinct from (excluded.titles, excluded.descriptions, true, true);

insert into audit_private.entity_type as known (entity_type, titles, descriptions, is_built_in)
values
  ('audit_log', '{"en": "Audit log", "sv": "Granskningslogg"}', '{}', true),
  ('audit_session', '{"en": "Access session", "sv": "Insynssession"}', '{}', true),
  ('audit_tenant', '{"en": "Tenant", "sv": "Organisation"}', '{}', true),
  ('audit_toggle', '{"en": "Logging toggle", "sv": "Loggningsreglage"}', '{}', true),
  ('audit_catalogue', '{"en": "Catalogue", "sv": "Katalog"}', '{}', true),
  ('audit_option', '{"en": "Option", "sv": "Inställning"}', '{}', true),
  ('audit_watch', '{"en": "Watched table", "sv": "Bevakad tabell"}', '{}', true),
  ('audit_retention', '{"en": "Retention policy", "sv": "Gallringsregel"}', '{}', true),
  ('audit_hold', '{"en": "Legal hold", "sv": "Gallringsstopp"}', '{}', true),
  ('audit_data_retention', '{"en": "Data retention", "sv": "Gallring av uppgifter"}', '{}', true),
  ('audit_job', '{"en": "Job", "sv": "Jobb"}', '{}', true),
  ('audit_export', '{"en": "Export", "sv": "Export"}', '{}', true),
  ('audit_epoch', '{"en": "Epoch of the log", "sv": "Loggens epok"}', '{}', true),
  ('audit_checkpoint', '{"en": "Checkpoint", "sv": "Kontrollpunkt"}', '{}', true),
  ('audit_erasure', '{"en": "Erasure", "sv": "Radering"}', '{}', true),
  ('audit_sink', '{"en": "Sink", "sv": "Mottagare"}', '{}', true),
  ('audit_archive', '{"en": "Archived file", "sv": "Arkivfil"}', '{}', true)
on conflict (entity_type) do update
set titles = excluded.titles, descriptions = excluded.descriptions, is_built_in = true
where (known.titles, known.descriptions, known.is_built_in)
  is distinct from (excluded.titles, excluded.descriptions, true);

insert into audit_private.action as known (action, category, titles)
values
  ('installed', 'audit_control', '{"en": "Audit log installed", "sv": "Granskningsloggen installerad"}'),
  ('upgraded', 'audit_control', '{"en": "Audit log upgraded", "sv": "Granskningsloggen uppgraderad"}'),
  ('tenant_registered', 'audit_control', '{"en": "Tenant registered", "sv": "Organisation registrerad"}'),
  ('tenant_retired', 'audit_control', '{"en": "Tenant retired", "sv": "Organisation avslutad"}'),
  ('tenant_granted', 'audit_control', '{"en": "Role granted a tenant", "sv": "Roll fick tillgång till organisation"}'),
  ('tenant_revoked', 'audit_control', '{"en": "Role''s tenant revoked", "sv": "Rolls tillgång till organisation återkallad"}'),
  ('catalogue_changed', 'audit_control', '{"en": "Catalogue changed", "sv": "Katalogen ändrad"}'),
  ('logging_toggled', 'audit_control', '{"en": "Logging turned on or off", "sv": "Loggning på eller av"}'),
  ('category_logging_toggled', 'audit_control', '{"en": "Category turned on or off", "sv": "Kategori på eller av"}'),
  ('action_logging_toggled', 'audit_control', '{"en": "Action turned on or off", "sv": "Åtgärd på eller av"}'),
  ('option_changed', 'audit_control', '{"en": "Option changed", "sv": "Inställning ändrad"}'),
  ('table_watched', 'audit_control', '{"en": "Table watched", "sv": "Tabell bevakad"}'),
  ('table_unwatched', 'audit_control', '{"en": "Table no longer watched", "sv": "Tabell inte längre bevakad"}'),
  ('spool_logged', 'audit_control', '{"en": "Spooled changes logged", "sv": "Undanlagda ändringar loggade"}'),
  ('retention_set', 'audit_control', '{"en": "Retention set", "sv": "Gallringsregel satt"}'),
  ('retention_change_cancelled', 'audit_control', '{"en": "Retention change cancelled", "sv": "Ändrad gallringsregel återtagen"}'),
  ('hold_placed', 'audit_control', '{"en": "Legal hold placed", "sv": "Gallringsstopp infört"}'),
  ('hold_released', 'audit_control', '{"en": "Legal hold released", "sv": "Gallringsstopp hävt"}'),
  ('epoch_begun', 'audit_control', '{"en": "Epoch of the log begun", "sv": "Ny epok för loggen"}'),
  ('restore_accepted', 'audit_control', '{"en": "Restore accepted", "sv": "Återläsning godtagen"}'),
  ('verification_failed', 'audit_control', '{"en": "Verification failed", "sv": "Kontrollen misslyckades"}'),
  ('checkpoint_created', 'audit_control', '{"en": "Checkpoint created", "sv": "Kontrollpunkt skapad"}'),
  ('events_purged', 'audit_control', '{"en": "Expired events removed", "sv": "Gallrade händelser"}'),
  ('subject_erased', 'audit_control', '{"en": "Person erased", "sv": "Person raderad"}'),
  ('events_erased', 'audit_control', '{"en": "Events erased", "sv": "Händelser raderade"}'),
  ('data_retention_defined', 'audit_control', '{"en": "Data retention defined", "sv": "Gallring av uppgifter bestämd"}'),
  ('data_retention_dropped', 'audit_control', '{"en": "Data retention dropped", "sv": "Gallring av uppgifter borttagen"}'),
  ('data_retention_armed', 'audit_control', '{"en": "Data retention armed", "sv": "Gallring av uppgifter påslagen"}'),
  ('data_retention_disarmed', 'audit_control', '{"en": "Data retention disarmed", "sv": "Gallring av uppgifter avslagen"}'),
  ('data_purged', 'audit_control', '{"en": "Expired data removed", "sv": "Gallrade uppgifter"}'),
  ('jobs_scheduled', 'audit_control', '{"en": "Jobs scheduled", "sv": "Jobb schemalagda"}'),
  ('jobs_unscheduled', 'audit_control', '{"en": "Jobs no longer scheduled", "sv": "Jobb inte längre schemalagda"}'),
  ('sink_defined', 'audit_control', '{"en": "Sink defined", "sv": "Mottagare bestämd"}'),
  ('sink_dropped', 'audit_control', '{"en": "Sink dropped", "sv": "Mottagare borttagen"}'),
  ('sink_approved', 'audit_control', '{"en": "Sink approved", "sv": "Mottagare godkänd"}'),
  ('sink_approval_withdrawn', 'audit_control', '{"en": "Sink approval withdrawn", "sv": "Mottagares godkännande återtaget"}'),
  ('sink_purge_wait_set', 'audit_control', '{"en": "Purges wait for a sink or not", "sv": "Gallring väntar på mottagare eller inte"}'),
  ('dead_letters_discarded', 'audit_control', '{"en": "Refused events given up", "sv": "Avvisade händelser övergivna"}'),
  ('events_archived', 'audit_control', '{"en": "Events archived", "sv": "Händelser arkiverade"}'),
  ('archive_removed', 'audit_control', '{"en": "Archived file removed", "sv": "Arkivfil borttagen"}'),
  ('hot_days_set', 'audit_control', '{"en": "Early removal of archived events set", "sv": "Tidig gallring av arkiverat satt"}'),
  ('events_imported', 'audit_control', '{"en": "Events imported", "sv": "Händelser inlästa"}'),
  ('audit_session_created', 'audit_access', '{"en": "Access justified", "sv": "Insyn motiverad"}'),
  ('audit_session_closed', 'audit_access', '{"en": "Access ended", "sv": "Insyn avslutad"}'),
  ('audit_log_viewed', 'audit_access', '{"en": "Log read", "sv": "Loggen läst"}'),
  ('audit_log_exported', 'audit_access', '{"en": "Log exported", "sv": "Loggen exporterad"}')
on conflict (action) do update
set titles = excluded.titles
where known.titles is distinct from excluded.titles;
