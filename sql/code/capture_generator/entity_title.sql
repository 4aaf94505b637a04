create or replace function audit_private.entity_title(entity_type text)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(t.titles ->> 'en', (select min(v.value) from jsonb_each_text(t.titles) v))
  from audit_private.entity_type t
  where t.entity_type = entity_title.entity_type
$$;
comment on function audit_private.entity_title(text) is 'what descriptions call an entity of this type';
grant execute on function audit_private.entity_title(text) to audit_writer;
