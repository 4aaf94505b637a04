-- What was captured of a row lives no longer than the row may: when data retention has removed it, or one that goes with
-- it, the values leave the log in the same transaction; that it was there, and when it went, stays. A row whose removal
-- isn't logged, since its table is watched no more or turned off, is not known to have gone.
--
-- The purge has closed the gate, which holds back whoever places a hold or erases: so no tenant's row is locked here, where
-- others take that lock before they pass the gate. One erasure for each tenant and run. The ledger doesn't tell of its
-- events: an older backup brings the rows back as well, and the next run removes both again.
create or replace function audit_private.erase_gone(run_id uuid, relation text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  entry constant audit_private.data_retention := (
    select d from audit_private.data_retention d where d.relation = erase_gone.relation);
  entity_types text[];
  erasure uuid;
  tenant uuid;
  gone record;
  erased_now bigint;
begin
  select array_agg(distinct w.entity_type) into entity_types
  from (
    select entry.relation
    union all
    select c.relation from audit_private.data_children(entry.children, '', '') c where c.rule <> 'keeps'
  ) r (relation)
  cross join lateral audit_private.watched_entity_type(audit_private.relation_named(r.relation)) as w (entity_type)
  where w.entity_type is not null;
  if entity_types is null then
    return;
  end if;
  for tenant in select distinct g.tenant_id from audit_private.find_gone(entity_types) g order by 1 loop
    erasure := md5(erase_gone.run_id::text || erase_gone.relation || tenant)::uuid;
    insert into audit_private.erasure (tenant_id, erasure_id, kind, reason, requested_by)
    values (tenant, erasure, 'data', entry.decision, audit_private.recorded_by())
    on conflict do nothing;
    for gone in select g.* from audit_private.find_gone(entity_types) g where g.tenant_id = tenant loop
      perform audit_private.find_captured(tenant, erasure, gone.entity_type, gone.entity_ids);
    end loop;
    erased_now := (select c.erased from audit_private.carry_out_erasure(tenant, erasure) c);
    insert into audit_private.data_purge_receipt as t (tenant_id, run_id, relation, decision, erased)
    values (tenant, erase_gone.run_id, erase_gone.relation, entry.decision, erased_now)
    on conflict on constraint data_purge_receipt_pkey do update set erased = t.erased + excluded.erased;
  end loop;
end
$$;
comment on function audit_private.erase_gone(uuid, text) is
  'erases the values that were captured from the rows of a table under data retention, and from its children, that this '
  'transaction has removed';
