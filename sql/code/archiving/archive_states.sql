set local role audit_keeper;
-- A file goes whole, so the last of its events decides, and of its actions the one that a floor keeps longest. A hold is asked
-- of what is known of a file: its time and its actions. Where that may match, it keeps the file, since the events themselves
-- may be gone.
--
-- Which events a file holds is known while seals list them, and afterwards only between which times. Whatever was erased
-- before the events were read was seen then (prove_sink).
create or replace function audit_private.archive_states(tenant_id uuid, sink_name text, with_erased boolean)
returns table (file_id uuid, is_expired boolean, is_held boolean, erased bigint)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  select f.file_id,
    f.removed_at is null and coalesce(
      f.last_at < statement_timestamp() - greatest(p.days, (
        select max(l.days)
        from audit_private.floors_in_force(statement_timestamp()) l
        join audit_private.action a on a.category = l.category
        where a.action = any (f.actions)
      )) * interval '24 hours'
      and p.days is not null, false),
    exists (
      select from audit_private.legal_hold h
      where h.tenant_id = f.tenant_id and h.released_at is null
        and h.from_time <= f.last_at and h.until_time > f.first_at
        and (h.actions is null or h.actions && f.actions)
        and (h.categories is null or exists (
          select from audit_private.action a where a.action = any (f.actions) and a.category = any (h.categories)))
        and (h.ids is null or exists (
          select from unnest(h.ids) as i (id)
          where audit_private.event_time(i.id) between f.first_at and f.last_at))
    ),
    case when archive_states.with_erased and f.removed_at is null then (
      select count(distinct x.event_id)
      from audit_private.erased_event x
      where x.tenant_id = f.tenant_id
        and x.occurred_at between f.first_at and f.last_at
        and x.erased_at > f.read_at
        and (
          not exists (
            select from audit_private.sealed_places(x.tenant_id, array[x.event_id])
          )
          or exists (
            select
            from audit_private.sealed_places(x.tenant_id, array[x.event_id]) k
            join audit_private.archived_part a
              on a.tenant_id = x.tenant_id and a.seal_number = k.seal_number and a.part = k.part and a.file_id = f.file_id
            where get_bit(a.places, k.place - 1) = 1
          )
        )
    ) end
  from audit_private.archived_file f
  join audit_private.policies_in_force(statement_timestamp()) p on p.tenant_id = f.tenant_id
  where (archive_states.tenant_id is null or f.tenant_id = archive_states.tenant_id)
    and (archive_states.sink_name is null or f.sink_name = archive_states.sink_name)
$$;
comment on function audit_private.archive_states(uuid, text, boolean) is
  'of archived files: whether all in them has expired, whether a hold may keep one, and how many of their events were erased '
  'later';
grant execute on function audit_private.archive_states(uuid, text, boolean) to audit_owner;
