create or replace function audit_private.current_installation()
returns table (version text, code_digest text, installed_at timestamptz, migrations text[])
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select i.version, i.code_digest, i.installed_at, i.migrations
  from audit_private.installation i
  order by i.installed_at desc
  limit 1
$$;
comment on function audit_private.current_installation() is 'what is installed; no row when nothing is';
