create or replace function audit_private.data_retention_problem(entry audit_private.data_retention)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  select string_agg(p.problem || ': ' || p.hint, E'\n' order by p.problem)
  from (
    select o.problem, o.hint from audit_private.data_obstacles(entry) o
    union all
    select 'its view or functions are not those that were generated', 'define it anew'
    where audit_private.data_objects_digest(entry.object_name, entry.owner_name) is distinct from entry.objects_digest
  ) p
$$;
comment on function audit_private.data_retention_problem(audit_private.data_retention) is
  'why a run would leave a table alone, with what mends it; null when it wouldn''t';
