set local role audit_keeper;
-- What only the keeper may change: the error texts of purges, the keys of repeats, and changes of tables that are spooled because
-- they could not be logged. A spooled change stays, and is logged some day as what it was, without what named the person. Where
-- the tenant is what kept it from being logged, it is the installation's.
--
-- The spool comes before the events: whoever is just logging it is waited for, and what is logged is found among the events.
create or replace function audit_private.erase_notes(
  tenant_id uuid,
  names text[],
  pseudonyms text[],
  patterns text[],
  key_patterns text[] default '{}'
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update audit_private.capture_spool s
  set actor_id = coalesce(n.pseudonym, s.actor_id),
    entity_id = case when n.is_entity then null else s.entity_id end,
    description = case when n.is_payload then 'A change of which something was erased before it was logged' else s.description end,
    actor = case when n.is_payload then null else s.actor end,
    changes = case when n.is_payload then null else s.changes end,
    target = case when n.is_payload then null else s.target end,
    metadata = case when n.is_payload then null else s.metadata end,
    error = case when s.error ilike any (erase_notes.patterns) then '[erased]' else s.error end
  from (
    select o.spool_id, e.pseudonym, e.is_entity,
      e.pseudonym is not null or e.is_entity
        or coalesce(concat_ws(
          E'\n', o.description,
          audit_private.texts_within(jsonb_build_array(o.actor, o.target, o.changes, o.metadata))
        ) ilike any (erase_notes.patterns), false) as is_payload
    from audit_private.capture_spool o
    cross join lateral (
      select erase_notes.pseudonyms[array_position(erase_notes.names, lower(o.actor_id))] as pseudonym,
        coalesce(lower(o.entity_id) = any (erase_notes.names)
          or starts_with(o.entity_id, '["') and o.entity_id ilike any (erase_notes.key_patterns), false) as is_entity
    ) e
    where coalesce(o.tenant_id, '00000000-0000-0000-0000-000000000000') = erase_notes.tenant_id
  ) n
  where s.spool_id = n.spool_id
    and (n.is_payload or s.error ilike any (erase_notes.patterns));
  delete from audit_private.idempotency_key k
  where k.tenant_id = erase_notes.tenant_id
    and (lower(k.idempotency_key) = any (erase_notes.names) or k.idempotency_key ilike any (erase_notes.patterns));
  update audit_private.purge_receipt r
  set error = '[erased]'
  where r.tenant_id = erase_notes.tenant_id and r.error ilike any (erase_notes.patterns);
end
$$;
comment on function audit_private.erase_notes(uuid, text[], text[], text[], text[]) is
  'takes what names a person out of a tenant''s spooled changes, keys of repeats and receipts';
grant execute on function audit_private.erase_notes(uuid, text[], text[], text[], text[]) to audit_owner;
