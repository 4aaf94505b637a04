-- What a filter says about time, for choosing partitions. Ids say it too.
create or replace function audit_private.filter_bounds(
  filter jsonb,
  out from_time timestamptz,
  out until_time timestamptz
)
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select
    greatest(audit_private.filter_time(filter_bounds.filter, 'from'), min(i.occurred_at)),
    least(audit_private.filter_time(filter_bounds.filter, 'to'), max(i.occurred_at) + interval '1 microsecond')
  from (
    select audit_private.event_time(v.id::uuid) as occurred_at
    from unnest(audit_private.filter_values(filter_bounds.filter, 'id', false)) as v (id)
  ) i
$$;
comment on function audit_private.filter_bounds(jsonb) is
  'the times between which a filter can find anything; null where it sets no bound';
