set local role audit_finder;
-- Lets the writer, who can read no event, compare repeats with what is stored: hashes leave, no value.
-- An erased event can't be compared any more; its digest is null, and it counts as the same.
--
-- The span of the times stands in the statement as constants, so that no partition outside it is planned for, which would
-- wait for one that is being emptied. Volatile, so that it sees what was put back into one that has been.
create or replace function audit_private.find_content_digests(
  tenant_id uuid,
  times timestamptz[],
  ids uuid[]
)
returns table (occurred_at timestamptz, id uuid, content_digest bytea)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set jit = off
as $$
declare
  first_time timestamptz;
  last_time timestamptz;
begin
  select min(t.moment), max(t.moment) into first_time, last_time
  from unnest(find_content_digests.times) as t (moment);
  return query execute format(
    'select e.occurred_at, e.id, case
      when e.salt is not null then audit_private.content_digest(
        e.action, e.entity_type, e.entity_id, e.description, e.target, e.changes, e.metadata, e.outcome,
        e.error_message, e.actor_id, e.actor_type)
    end
    from unnest($1, $2) as k (occurred_at, id)
    join audit_private.event e on e.tenant_id = %L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
    where e.occurred_at between %L::timestamptz and %L::timestamptz',
    find_content_digests.tenant_id, first_time, last_time)
  using find_content_digests.times, find_content_digests.ids;
end
$$;
comment on function audit_private.find_content_digests(uuid, timestamptz[], uuid[]) is
  'content digests of stored events by their keys, null where one was erased; no row where there is none';
grant execute on function audit_private.find_content_digests(uuid, timestamptz[], uuid[]) to audit_writer;
