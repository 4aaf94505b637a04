create or replace function audit_private.check_data_retention()
returns table (check_name text, state text, detail text, hint text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with latest as (
    select t.*
    from audit_private.data_retention d
    cross join lateral (
      select n.run_id from audit_private.data_purge_receipt n
      where n.relation = d.relation and n.result <> 'running'
      order by n.started_at desc limit 1
    ) l
    join audit_private.data_purge_receipt t on t.run_id = l.run_id and t.relation = d.relation
    where d.armed_at is not null
  )
  select 'data_retention_as_declared',
    case when count(p.problem) = 0 then 'ok' when bool_or(d.armed_at is not null) filter (where p.problem is not null) then 'error' else 'warning' end,
    coalesce(string_agg(format('%s: %s', d.relation, p.problem), '; ' order by d.relation),
      'every table under data retention can be resolved and purged as it was declared'),
    case when count(p.problem) > 0 then 'Mend what stands there; then select * from audit.list_data_retention();' end
  from audit_private.data_retention d
  cross join lateral (select audit_private.data_retention_problem(d) as problem) p
  where p.problem is not null
  union all
  select 'data_purged_as_predicted', case when count(*) = 0 then 'ok' when bool_or(l.result <> 'interrupted') then 'error' else 'warning' end,
    coalesce(
      string_agg(format('%s, tenant %s: %s of %s rows removed, %s%s', l.relation, l.tenant_id, l.removed, l.predicted, l.result,
        ', ' || l.error), '; ' order by l.relation, l.tenant_id),
      'the last run removed what it predicted'),
    case when count(*) > 0 then 'select * from audit.list_data_purges(); where it stopped because of the share: preview_data_purge, then arm_data_retention' end
  from latest l
  where l.result <> 'succeeded' or l.removed = 0 and l.predicted > 0
  union all
  select 'data_retention_values_valid', case when count(*) = 0 then 'ok' else 'error' end,
    coalesce(string_agg(format('%s rows of %s, tenant %s', l.invalid, l.relation, l.tenant_id), '; ' order by l.relation, l.tenant_id),
      'no row is kept because of a value that makes no sense'),
    case when count(*) > 0 then 'Set them to null or 1 to 2555: select * from audit_data.retention_of_… where problem is not null;' end
  from latest l
  where l.invalid > 0
$$;
comment on function audit_private.check_data_retention() is 'the health checks of data retention';
