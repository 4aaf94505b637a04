-- The second wall behind the privileges. The keeper passes, since every deletion and erasure goes through
-- its steps; anybody else is refused, superusers included, even when no row would be touched.
create or replace function audit_private.refuse_change()
returns trigger
language plpgsql
volatile
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_user = 'audit_keeper' then
    return null;
  end if;
  raise exception using
    errcode = 'WT070',
    message = format('events can''t be changed: %s of %I refused', lower(tg_op), tg_table_name),
    detail = 'The log is append-only for every role.',
    hint = 'Events leave by retention, and personal values by audit.erase_subject().';
end
$$;
comment on function audit_private.refuse_change() is
  'trigger: refuses update, delete and truncate to everybody but the keeper';
