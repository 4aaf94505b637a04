create or replace function audit_private.data_retention_groups(relation text, group_keys text[])
returns table (group_key text, days integer, took_effect_at timestamptz)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select g.group_key, g.days, g.took_effect_at
  from audit_private.data_retention_group g
  where g.relation = data_retention_groups.relation
    and (data_retention_groups.group_keys is null or g.group_key = any (data_retention_groups.group_keys))
$$;
comment on function audit_private.data_retention_groups(text, text[]) is
  'the days in force of the groups of a table under data retention, of all when none are named';
