-- One pass over the whole table: what would go, and the groups with their days.
create or replace function audit_private.data_review_body(entry audit_private.data_retention, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
  select audit_private.fill_template($template$declare
  terms constant jsonb := audit_private.data_purge_terms($1::uuid, «name»::text);
  summary jsonb;
  group_keys text[];
  group_days integer[];
begin
  if terms is null then
    return null;
  end if;
  with made as (
    select m.* from jsonb_to_record(terms) as m (decided_at timestamptz, is_armed boolean, last_complete_at timestamptz)
  ),
  hold as materialized (
    select h.* from jsonb_to_recordset(terms -> 'holds') as h (tenant_id uuid, is_own boolean, entity_types text[],
      entity_ids text[], actor_ids text[], from_time timestamptz, until_time timestamptz)
  ),
  judged as (
    select v.tenant_id, v.level, v.days, v.group_key, v."time", v.problem, «verdict» as verdict
    from made
    -- With offset 0 each expression of the view is computed once.
    cross join (select n.* from «view» n offset 0) v
    left join audit_private.data_retention_groups(«name»::text, null::text[]) g on g.group_key = v.group_key
    left join audit_private.data_retention_waits(«name»::text, null::text[]) w on w.entity_id = v.entity_id
  ),
  counted as materialized (
    select j.tenant_id, j.level, j.days, j.group_key, count(*) as rows,
      count(*) filter (where j.verdict = 'due') as due,
      count(*) filter (where j.verdict = 'waiting') as waiting,
      count(*) filter (where j.verdict <> 'kept') as overdue,
      count(*) filter (where j.verdict = 'held') as kept_by_hold,
      count(*) filter (where j.problem is not null) as invalid,
      min(j."time") as oldest_at
    from judged j
    group by j.tenant_id, j.level, j.days, j.group_key
  )
  select
    (
      select coalesce(jsonb_agg(s), '[]')
      from (
        select c.tenant_id, c.level, c.days, sum(c.rows) as rows, sum(c.due) as due, sum(c.waiting) as waiting,
          sum(c.overdue) as overdue,
          sum(c.kept_by_hold) as kept_by_hold, sum(c.invalid) as invalid, min(c.oldest_at) as oldest_at
        from counted c
        group by c.tenant_id, c.level, c.days
        order by c.tenant_id, c.level, c.days
      ) s
    ),
    array_agg(k.group_key), array_agg(k.days)
  into summary, group_keys, group_days
  from (select c.group_key, min(c.days) as days from counted c group by c.group_key) k;
  perform audit_private.note_data_review(
    $1::uuid, «name»::text, summary::jsonb, coalesce(group_keys, '{}')::text[], coalesce(group_days, '{}')::integer[]);
  return summary;
end
$template$,
    jsonb_build_object(
      'name', quote_literal(entry.relation),
      'view', format('audit_data.%I', 'retention_of_' || entry.object_name),
      'verdict', audit_private.data_verdict(entry, data_review_body.relation)))
$$;
comment on function audit_private.data_review_body(audit_private.data_retention, regclass) is
  'body of the function that counts what would go of a table under data retention';
