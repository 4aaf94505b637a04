-- As retained_condition, with the holds that stand now as constants: one that is placed or released later changes
-- nothing.
create or replace function audit_private.retained_now(tenant_id uuid)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select concat_ws(' or ', audit_private.unexpired_condition(retained_now.tenant_id), (
    select string_agg('(' || audit_private.hold_condition(h) || ')', ' or ')
    from audit_private.legal_hold h
    where h.tenant_id = retained_now.tenant_id and h.released_at is null
  ))
$$;
comment on function audit_private.retained_now(uuid) is
  'a condition on audit_private.event e: it hasn''t expired, or is held, as of now';
