-- A transaction's events are sealed by the first run whose snapshot sees them: what has ended since the run before it,
-- and what was under way then and has ended meanwhile. So nothing is skipped or sealed twice, whatever commits late, and
-- nobody who stays idle holds anything up (pgq's rule, by Marko Kreen). As constants, which the BRIN index is asked for.
create or replace function audit_private.unsealed_condition(state audit_private.sealing)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select format('(e.transaction_id >= %s%s)', state.snapshot_xmax,
    case when state.snapshot_xips <> '{}' then format(' or e.transaction_id = any (%L::bigint[])', state.snapshot_xips) else '' end)
$$;
comment on function audit_private.unsealed_condition(audit_private.sealing) is
  'a condition on audit_private.event e: a run of seal_events did not see it';
grant execute on function audit_private.unsealed_condition(audit_private.sealing) to audit_finder, audit_keeper;
