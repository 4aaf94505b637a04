create or replace function audit_private.data_retention_waits(relation text, entity_ids text[])
returns table (entity_id text, waits_until timestamptz)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select w.entity_id, w.waits_until
  from audit_private.data_retention_wait w
  where w.relation = data_retention_waits.relation
    and (data_retention_waits.entity_ids is null or w.entity_id = any (data_retention_waits.entity_ids))
$$;
comment on function audit_private.data_retention_waits(text, text[]) is
  'rows of a table under data retention that were due before the last run, of all when none are named';
