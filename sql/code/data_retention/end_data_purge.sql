create or replace function audit_private.end_data_purge(run_id uuid)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.finish_run(
    end_data_purge.run_id,
    case when bool_or(t.result in ('failed', 'skipped')) then 'failed' else 'succeeded' end,
    format('%s rows of %s tables removed', coalesce(sum(t.removed), 0), count(distinct t.relation))
      || coalesce('; ' || string_agg(distinct format('%s %s: %s', t.relation, t.result, t.error), '; ')
        filter (where t.result <> 'succeeded'), ''))
  from audit_private.data_purge_receipt t
  where t.run_id = end_data_purge.run_id
$$;
comment on function audit_private.end_data_purge(uuid) is 'ends a run with what its receipts say; a step of purge_data';
grant execute on function audit_private.end_data_purge(uuid) to audit_operator;
