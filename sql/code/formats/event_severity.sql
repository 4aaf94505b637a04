-- The log knows no severity; what it knows is whether a thing was done, and whether it was done to the log itself. The
-- steps are OCSF's, and the other formats count from them.
create or replace function audit_private.event_severity(action text, outcome text, category text)
returns integer
language sql
immutable
parallel safe
as $$
  select case
    when action = 'verification_failed' then 4
    else case when outcome = 'failure' then 3 else 1 end
      + case when category in ('audit_control', 'audit_access') then 1 else 0 end
  end
$$;
comment on function audit_private.event_severity(text, text, text) is
  'how much an event matters: 1 done, 2 done to the log itself, 3 failed, 4 failed at the log itself or the log doesn''t verify';
grant execute on function audit_private.event_severity(text, text, text) to audit_keeper;
