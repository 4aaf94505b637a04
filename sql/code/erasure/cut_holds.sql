create or replace function audit_private.cut_holds(tenant_id uuid)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.legal_hold h
  set name = case when 'name' = any (h.awaiting_erasure) then '[erased]' else h.name end,
    filter = case when 'filter' = any (h.awaiting_erasure) then '{"erased": true}' else h.filter end,
    actor_ids = case when 'filter' = any (h.awaiting_erasure) then null else h.actor_ids end,
    entity_ids = case when 'filter' = any (h.awaiting_erasure) then null else h.entity_ids end,
    reason = case when 'reason' = any (h.awaiting_erasure) then '[erased]' else h.reason end,
    release_reason = case when 'release_reason' = any (h.awaiting_erasure) then '[erased]' else h.release_reason end,
    awaiting_erasure = '{}'
  where h.tenant_id = cut_holds.tenant_id and h.released_at is not null and h.awaiting_erasure <> '{}'
$$;
comment on function audit_private.cut_holds(uuid) is
  'takes what names an erased person out of the holds of a tenant that are released';
