create or replace function audit.list_data_retention()
returns table (
  relation text,
  time_column text,
  tenant_column text,
  levels jsonb,
  children jsonb,
  entity_type text,
  decision text,
  armed_at timestamptz,
  armed_by text,
  last_run_at timestamptz,
  problem text
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  select d.relation, d.time_column, d.tenant_column,
    (
      select jsonb_agg(
        l.value || jsonb_build_object('join', (
          select jsonb_object_agg(
            coalesce((d.levels -> (nullif((j.value ->> 0)::integer, 0) - 1) ->> 'name') || '.', '') || (j.value ->> 1), j.value -> 2)
          from jsonb_array_elements(l.value -> 'join') j))
        order by l.ordinality)
      from jsonb_array_elements(d.levels) with ordinality l
    ),
    d.children, d.entity_type, d.decision, d.armed_at, d.armed_by,
    (select max(t.started_at) from audit_private.data_purge_receipt t where t.relation = d.relation),
    audit_private.data_retention_problem(d)
  from audit_private.data_retention d
  order by d.relation
$$;
comment on function audit.list_data_retention() is
  'tables under data retention, by whose days, since when rows go, and what keeps a run from them; for audit_operator, '
  'audit_auditor and audit_privacy';
grant execute on function audit.list_data_retention() to audit_operator, audit_auditor, audit_privacy;
