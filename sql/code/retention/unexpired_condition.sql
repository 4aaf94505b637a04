set local role audit_finder;
-- What policies and floors say, with times as constants, and without a word about floors where there are none to ask.
create or replace function audit_private.unexpired_condition(tenant_id uuid)
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
    else format('e.occurred_at >= %L::timestamptz', c.cutoff)
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
  end
  from (select audit_private.retention_cutoff(unexpired_condition.tenant_id) as cutoff) c
$$;
comment on function audit_private.unexpired_condition(uuid) is
  'a condition on audit_private.event e: neither policy nor floor lets it go; "true" where nothing expires';
grant execute on function audit_private.unexpired_condition(uuid) to audit_owner;
