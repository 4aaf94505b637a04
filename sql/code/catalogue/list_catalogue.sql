create or replace function audit.list_catalogue()
returns table (
  kind text,
  code text,
  category text,
  titles jsonb,
  descriptions jsonb,
  is_mandatory boolean,
  is_built_in boolean,
  retired_at timestamptz
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select k.kind, k.code, k.category, k.titles, k.descriptions, k.is_mandatory, k.is_built_in, k.retired_at
  from (
    select 1 as place, 'category' as kind, c.category as code, null as category, c.titles, c.descriptions,
      c.is_mandatory, c.is_built_in, null::timestamptz as retired_at
    from audit_private.category c
    union all
    select 2, 'action', a.action, a.category, a.titles, a.descriptions, c.is_mandatory, c.is_built_in, a.retired_at
    from audit_private.action a join audit_private.category c using (category)
    union all
    select 3, 'entity_type', t.entity_type, null, t.titles, t.descriptions, false, t.is_built_in, null
    from audit_private.entity_type t
    union all
    select 4, 'actor_type', t.actor_type, null, t.titles, t.descriptions, false, true, null
    from audit_private.actor_type t
    union all
    select 5, 'outcome', o.outcome, null, o.titles, o.descriptions, false, true, null
    from audit_private.outcome o
    union all
    select 6, 'access_reason', r.access_reason, null, r.titles, r.descriptions, false, false, null
    from audit_private.access_reason r
  ) k
  order by k.place, k.category nulls first, k.code
$$;
comment on function audit.list_catalogue() is
  'the vocabulary of the log: categories, actions, entity types, actor types, outcomes, access reasons';
grant execute on function audit.list_catalogue()
  to audit_app, audit_reader, audit_admin, audit_privacy, audit_operator, audit_auditor;
