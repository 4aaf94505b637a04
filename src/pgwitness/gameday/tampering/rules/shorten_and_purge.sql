-- A retention policy is put there behind the log's back, and the purge does the rest by right.
-- sv: En gallringsregel läggs dit bakom loggens rygg, och gallringen gör resten enligt den.
-- verify: untold_setting
select gameday.open();
insert into audit_private.retention_policy (tenant_id, takes_effect_at, days, is_exact, reason, set_by)
select t.tenant_id, now() - interval '1 second', 30, true, 'Too much of it', 'admin' from gameday.target(name => 'kept') t;
select gameday.close();
select gameday.purge();
select gameday.open();
select gameday.close();
