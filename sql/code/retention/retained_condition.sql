set local role audit_finder;
-- For the statements that the finder makes: it sees everything, so what has expired is left out by their text,
-- without a word about holds where there are none to ask.
create or replace function audit_private.retained_condition(tenant_id uuid)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case u.condition
    when 'true' then 'true'
    else '(' || u.condition
      || case when exists (
        select from audit_private.legal_hold h
        where h.tenant_id = retained_condition.tenant_id and h.released_at is null
      ) then ' or exists (select from audit_private.matching_holds(e.tenant_id, e.occurred_at, e.id, e.source, e.action, '
        'e.entity_type, e.actor_type, e.outcome, e.actor_id, e.entity_id))' else '' end
      || ')'
  end
  from (select audit_private.unexpired_condition(retained_condition.tenant_id) as condition) u
$$;
comment on function audit_private.retained_condition(uuid) is
  'a condition on audit_private.event e: it hasn''t expired; as is_retained, for a statement of the finder';
