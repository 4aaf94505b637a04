set local role audit_keeper;
create or replace function audit_private.count_dead_letters(sink audit_private.sink, tenant_id uuid default null)
returns bigint
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select count(*)
  from audit_private.dead_letter d
  where d.sink_name = (count_dead_letters.sink).sink_name
    and (count_dead_letters.tenant_id is null or d.tenant_id = count_dead_letters.tenant_id)
$$;
comment on function audit_private.count_dead_letters(audit_private.sink, uuid) is 'events that a receiver refused, of one tenant or all';
grant execute on function audit_private.count_dead_letters(audit_private.sink, uuid) to audit_owner;
