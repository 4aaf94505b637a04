-- Lines of kinds that a later version has added are passed over.
create or replace function audit_private.read_ledger(entries jsonb)
returns table (
  kind text,
  tenant_id uuid,
  erasure_id uuid,
  event_id uuid,
  groups text[],
  hold_id uuid,
  released_at timestamptz,
  digest text,
  takes_effect_at timestamptz,
  set_at timestamptz,
  days integer,
  is_exact boolean
)
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(read_ledger.entries) is distinct from 'array'
    or jsonb_path_exists(read_ledger.entries, 'strict $[*] ? (@.type() != "object")')
    or exists (
      select
      from jsonb_array_elements(read_ledger.entries) as e (entry)
      where not e.entry ?& case e.entry ->> 'kind'
        when 'erasure' then '{tenant_id,event_id,groups}'::text[]
        when 'hold' then '{tenant_id,hold_id,released_at}'::text[]
        when 'retention' then '{tenant_id,takes_effect_at,set_at,days,is_exact}'::text[]
        else '{kind}'::text[]
      end
    )
  then
    perform audit_private.refuse_ledger('It is not an array of the objects that audit.list_ledger gives.');
  end if;
  return query
  select r.kind, r.tenant_id, r.erasure_id, r.event_id, r.groups, r.hold_id, r.released_at, r.digest, r.takes_effect_at,
    r.set_at, r.days, r.is_exact
  from jsonb_to_recordset(read_ledger.entries) as r (
    kind text, tenant_id uuid, erasure_id uuid, event_id uuid, groups text[], hold_id uuid, released_at timestamptz,
    digest text, takes_effect_at timestamptz, set_at timestamptz, days integer, is_exact boolean)
  where r.kind in ('erasure', 'hold', 'retention');
exception
  when data_exception then
    perform audit_private.refuse_ledger(sqlerrm);
end
$$;
comment on function audit_private.read_ledger(jsonb) is 'lines of a ledger as rows; raises WT141';
