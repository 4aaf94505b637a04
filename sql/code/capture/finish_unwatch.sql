create or replace function audit_private.finish_unwatch(entity_type text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if exists (
    select from audit_private.watched_table w
    where w.entity_type = finish_unwatch.entity_type and w.unwatched_at is not null
  ) then
    perform audit_private.drop_capture_function(finish_unwatch.entity_type);
  end if;
end
$$;
comment on function audit_private.finish_unwatch(text) is 'drops the trigger function of a table that isn''t watched any more';
grant execute on function audit_private.finish_unwatch(text) to audit_operator;
