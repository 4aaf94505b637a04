create or replace function audit_private.capture_digest(entity_type text)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select encode(sha256(convert_to(
    jsonb_build_array(p.prosrc, p.proconfig, p.prosecdef, p.proowner::regrole::text, p.prorettype::regtype::text)::text,
    'UTF8')), 'hex')
  from pg_proc p
  where p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || capture_digest.entity_type
    and p.pronargs = 0
$$;
comment on function audit_private.capture_digest(text) is
  'digest of the generated function of an entity type, to tell whether somebody changed it; null when there is none';
