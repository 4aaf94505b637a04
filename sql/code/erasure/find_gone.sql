set local role audit_keeper;
-- The log itself says which rows have gone, by the events that their removal has just captured: nobody can have anything
-- erased of a row by saying so, and it needn't be known how a key is written.
create or replace function audit_private.find_gone(entity_types text[])
returns table (tenant_id uuid, entity_type text, entity_ids text[])
language plpgsql
volatile
parallel unsafe
rows 10
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set jit = off
as $$
begin
  return query execute format(
    'select e.tenant_id, e.entity_type, array_agg(e.entity_id)
    from audit_private.instance i
    cross join audit_private.tenant t
    cross join lateral (
      select o.*
      from audit_private.event o
      where o.tenant_id = t.tenant_id
        and o.occurred_at >= %1$L::timestamptz
        and o.occurred_at < %2$L::timestamptz
        and o.transaction_id = i.transaction_offset + txid_current()
        and o.source = ''captured''
        and o.entity_type = any ($1)
        and o.action = o.entity_type || ''_deleted''
        and o.entity_id is not null
    ) e
    group by e.tenant_id, e.entity_type',
    now(), clock_timestamp() + interval '1 second')
  using find_gone.entity_types;
end
$$;
comment on function audit_private.find_gone(text[]) is
  'the rows of watched tables that this transaction has removed, as the log has captured it';
grant execute on function audit_private.find_gone(text[]) to audit_owner;
