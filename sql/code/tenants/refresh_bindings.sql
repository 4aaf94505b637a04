-- The same facts in every binding. Whoever grants, defines or adds a partition holds the catalogue's lock,
-- so that no binding is made with facts that are being replaced.
create or replace function audit_private.refresh_bindings()
returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.lock_catalogue();
  update audit_private.role_binding b
  set entity_types = known.entity_types,
    transaction_offset = i.transaction_offset,
    events_until = i.events_until
  from audit_private.instance i
  cross join (
    select array_agg(t.entity_type order by t.entity_type) as entity_types from audit_private.entity_type t
  ) known
  where (b.entity_types, b.transaction_offset, b.events_until)
    is distinct from (known.entity_types, i.transaction_offset, i.events_until);
  return null;
end
$$;
comment on function audit_private.refresh_bindings() is
  'trigger: brings entity types, offset and end of partitions in every binding up to date';
