-- What becomes of a row v of the view, in the order in which it is told; hold, g, w and terms are what the generated
-- functions call what stands, what is in force for its group, what is known of the row, and what the run decides by.
create or replace function audit_private.data_verdict(entry audit_private.data_retention, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
  select audit_private.fill_template($template$case
    when v.days is null or v."time" < made.decided_at - make_interval(hours => 24 * v.days) is not true then 'kept'
    when made.is_armed and (g.days is null or v."time" >= made.decided_at - make_interval(hours => 24 * g.days)) then 'waiting'
    «keeps»
    when exists (
      select from hold h
      where «tenant»
        and (
          h.is_own and v."time" >= h.from_time and v."time" < h.until_time
            and (h.entity_ids is null or array_position(h.entity_ids, v.entity_id) is not null)«actor»«children»
        )
    ) then 'held'
    when made.is_armed and w.waits_until <= made.decided_at is not true
      and greatest(v."time" + make_interval(hours => 24 * greatest(v.days, g.days)), g.took_effect_at) <= made.last_complete_at then 'waiting'
    else 'due'
  end$template$,
    jsonb_build_object(
      'keeps', (
        select string_agg(format('when exists (select from %s c1, %s where %s) then ''parent''', c.relation, c.tables, c.conditions), E'\n    ')
        from audit_private.data_children(entry.children, t.sources, t.condition) c where c.rule = 'keeps'),
      'tenant', case when entry.tenant_column is null then 'true' else '(h.tenant_id = v.tenant_id or v.tenant_id is null)' end,
      'actor', case when entry.actor_column is null then ''
        else E'\n            and (h.actor_ids is null or array_position(h.actor_ids, v.actor_id) is not null)' end,
      'children', (
        select string_agg(format(
          E'\n          or %L = any (h.entity_types) and exists (\n            select from %s %s, %s\n            where %s '
          'and (h.entity_ids is null or array_position(h.entity_ids, %s) is not null))',
          c.entity_type, c.relation, c.alias, c.tables, c.conditions,
          coalesce(
            regexp_replace(audit_private.key_expression(audit_private.relation_named(c.relation), c.alias), '^audit_private\.captured_entity_id\(', '('),
            'h.entity_ids[1]')), '')
        from audit_private.data_children(entry.children, t.sources, t.condition) c
        where c.rule <> 'keeps' and c.entity_type is not null)))
  from (
    select entry.relation || ' t' as sources,
      string_agg(format('t.%I = v.key_%s', k.name, k.place), ' and ') as condition
    from unnest(audit_private.key_columns(data_verdict.relation)) with ordinality as k (name, place)
  ) t
$$;
comment on function audit_private.data_verdict(audit_private.data_retention, regclass) is
  'SQL that says of a resolved row whether it is due, or why not';
