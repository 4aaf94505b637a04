-- By its exact form, since a jsonb column may hold an object of the application's own with such a name.
create or replace function audit_private.is_withheld(value jsonb)
returns boolean
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    value in (
      '{"withheld": "redacted", "changed": true}', '{"withheld": "not watched yet", "changed": true}'
    )
    or jsonb_typeof(value) = 'object' and value ->> 'withheld' = 'too large'
      and value - '{withheld,bytes,sha256}'::text[] = '{}' and value ?& '{bytes,sha256}',
    false)
$$;
comment on function audit_private.is_withheld(jsonb) is 'whether this stands in a snapshot or in changes for a value that isn''t stored';
