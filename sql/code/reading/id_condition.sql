-- The time that each id holds goes along, so that partitions are pruned and the primary key is used.
create or replace function audit_private.id_condition(chosen text[])
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  value text;
  ids uuid[] := '{}';
begin
  foreach value in array id_condition.chosen loop
    ids := ids || value::uuid;
  end loop;
  return format('e.id = any (%L::uuid[]) and e.occurred_at = any (%L::timestamptz[])', ids,
    array(select distinct audit_private.event_time(i.id) from unnest(ids) as i (id)
      where audit_private.event_time(i.id) is not null));
exception
  when invalid_text_representation then
    perform audit_private.refuse_filter('id', to_jsonb(value), 'a UUID');
end
$$;
comment on function audit_private.id_condition(text[]) is 'id of audit_private.event e is one of these';
