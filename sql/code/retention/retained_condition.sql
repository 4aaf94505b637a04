set local role audit_finder;
-- For statements that see everything, so what has expired is left out by their text. Times and holds stand in it as
-- constants, and without a word about floors and holds where there are none to ask: what is kept in it, as an export
-- does, keeps its meaning when a hold is placed or released later.
create or replace function audit_private.retained_condition(tenant_id uuid)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
  select case
    when c.cutoff = '-infinity' then 'true'
    else format('(e.occurred_at >= %L::timestamptz', c.cutoff)
      || coalesce((
        select string_agg(
          format(' or e.action = any (%L::text[]) and e.occurred_at >= %L::timestamptz',
            f.actions, statement_timestamp() - f.days * interval '24 hours'), '')
        from (
          select r.days, array_agg(a.action) as actions
          from audit_private.floors_in_force(statement_timestamp()) r
          join audit_private.action a on a.category = r.category
          group by r.days
        ) f
      ), '')
      || coalesce((
        select string_agg(' or ' || audit_private.hold_condition(h), '')
        from audit_private.legal_hold h
        where h.tenant_id = retained_condition.tenant_id and h.released_at is null
      ), '')
      || ')'
  end
  from (select audit_private.retention_cutoff(retained_condition.tenant_id) as cutoff) c
$$;
comment on function audit_private.retained_condition(uuid) is
  'a condition on audit_private.event e: it hasn''t expired, or is held; as is_retained, for a statement of its own';
grant execute on function audit_private.retained_condition(uuid) to audit_owner;
