-- Most seals span a minute, so they are found by where they end; the few that span more, of imports and of events that
-- were told late, have an index of their own. Neither definer nor pinned, so that it becomes part of the statement that
-- asks, with that one's rights; everything is named in full.
create or replace function audit_private.seals_between(
  tenant_id uuid,
  from_time timestamptz,
  until_time timestamptz
)
returns setof audit_private.seal
language sql
stable
parallel safe
as $$
  select s.*
  from audit_private.seal s
  where s.tenant_id = seals_between.tenant_id
    and s.last_at - s.first_at <= interval '1 hour'
    and s.last_at >= seals_between.from_time
    and s.last_at < seals_between.until_time + interval '1 hour'
    and s.first_at < seals_between.until_time
  union all
  select s.*
  from audit_private.seal s
  where s.tenant_id = seals_between.tenant_id
    and s.last_at - s.first_at > interval '1 hour'
    and s.last_at >= seals_between.from_time
    and s.first_at < seals_between.until_time
$$;
comment on function audit_private.seals_between(uuid, timestamptz, timestamptz) is
  'a tenant''s seals that may list an event between two times';
grant execute on function audit_private.seals_between(uuid, timestamptz, timestamptz) to audit_finder, audit_keeper;
