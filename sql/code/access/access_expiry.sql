-- The one place that says how long a session lasts.
create or replace function audit_private.access_expiry(
  opened_at timestamptz,
  last_used_at timestamptz,
  closed_at timestamptz
)
returns timestamptz
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select least(
    access_expiry.last_used_at + interval '1 hour',
    access_expiry.opened_at + interval '8 hours',
    access_expiry.closed_at
  )
$$;
comment on function audit_private.access_expiry(timestamptz, timestamptz, timestamptz) is
  'when an access session ends: an hour after its last use, 8 hours after its opening, or when closed';
