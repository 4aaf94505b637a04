set local role audit_keeper;
-- Whoever erases a person must find everything, so every value of every event is looked at, as report_subject does, also
-- of events that have expired: by windows of partitions, a statement each, the
-- plain output of the columns first, which most events don't pass. No event is locked yet.
--
-- A group goes when it names the person: actor_id and entity_id by equality (in the entity id of a composite key, one of
-- its texts; the name of a hold is words), the payload when it mentions the person anywhere. What was noted down about a
-- person as actor or as entity (snapshots, changes, address, browser) tells of that person whether it repeats the
-- identifier or not.
create or replace function audit_private.find_subject(
  tenant_id uuid,
  erasure_id uuid,
  names text[],
  patterns text[],
  key_patterns text[],
  rough_patterns text[],
  pseudonyms text[]
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set datestyle = 'ISO, YMD'
as $$
declare
  span record;
begin
  for span in select w.* from audit_private.event_windows(null, null) w loop
    execute format(
      'insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups, pseudonym)
      select %1$L::uuid, %2$L::uuid, g.occurred_at, g.id, g.groups, case when ''actor_id'' = any (g.groups) then g.pseudonym end
      from (
        select f.occurred_at, f.id, $4[array_position($1, lower(f.actor_id))] as pseudonym,
          array_remove(array[
            case when f.is_actor and f.actor_id_digest is null then ''actor_id'' end,
            case when f.is_entity and f.entity_id_digest is null then ''entity_id'' end,
            case when f.payload_digest is null and (
              f.is_actor and (f.actor is not null or f.ip is not null or f.user_agent is not null)
              or f.is_entity and (f.target is not null or f.changes is not null)
              or concat_ws(
                E''\n'', f.description, f.error_message, f.user_agent, f.request_id, f.ip, host(f.ip),
                audit_private.texts_within(jsonb_build_array(f.actor, f.target, f.changes, f.metadata))
              ) ilike any ($2)
            ) then ''payload'' end
          ], null) as groups
        from (
          select e.*, coalesce(lower(e.actor_id) = any ($1), false) as is_actor,
            coalesce(
              lower(e.entity_id) = any ($1)
              or starts_with(e.entity_id, ''["'') and e.entity_id ilike any ($5)
              or e.entity_type = ''audit_hold'' and e.entity_id ilike any ($2), false) as is_entity
          from audit_private.event e
          where e.tenant_id = %1$L::uuid
            and e.occurred_at >= %3$L::timestamptz
            and e.occurred_at < %4$L::timestamptz
            and concat_ws(
              E''\n'', e.actor_id, e.entity_id, e.description, e.error_message, e.user_agent, e.request_id, e.ip,
              host(e.ip), e.actor, e.target, e.changes, e.metadata) ilike any ($3)
          offset 0
        ) f
      ) g
      where g.groups <> ''{}''',
      find_subject.tenant_id, find_subject.erasure_id, span.window_from, span.window_until)
    using find_subject.names, find_subject.patterns, find_subject.rough_patterns, find_subject.pseudonyms, find_subject.key_patterns;
  end loop;
end
$$;
comment on function audit_private.find_subject(uuid, uuid, text[], text[], text[], text[], text[]) is
  'notes the events of a tenant that name a person, and which of their groups do';
grant execute on function audit_private.find_subject(uuid, uuid, text[], text[], text[], text[], text[]) to audit_owner;
