set local role audit_keeper;
-- Each actor gets one pseudonym, so that counts still work: made of a key that nobody keeps, so that it can't be guessed.
create or replace function audit_private.note_erased(tenant_id uuid, erasure_id uuid, event_ids uuid[], groups text[])
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set jit = off
set enable_nestloop = off
as $$
declare
  key constant bytea := uuid_send(gen_random_uuid());
  span record;
begin
  insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups)
  select note_erased.tenant_id, note_erased.erasure_id, audit_private.event_time(k.id), k.id, array_agg(distinct g.name)
  from unnest(note_erased.event_ids, note_erased.groups) as k (id, groups)
  cross join lateral unnest(k.groups::text[]) as g (name)
  where audit_private.event_time(k.id) is not null and g.name in ('actor_id', 'entity_id', 'payload')
  group by k.id;
  for span in select w.* from audit_private.pending_windows(note_erased.tenant_id, note_erased.erasure_id) w loop
    execute format(
      'update audit_private.pending_erasure p
      set pseudonym = ''erased-'' || left(encode(sha256($1 || convert_to(e.actor_id, ''UTF8'')), ''hex''), 32)::uuid
      from audit_private.event e
      where p.tenant_id = %1$L::uuid
        and p.erasure_id = %2$L::uuid
        and p.occurred_at >= %3$L::timestamptz
        and p.occurred_at < %4$L::timestamptz
        and e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.occurred_at = p.occurred_at
        and e.id = p.event_id
        and ''actor_id'' = any (p.groups)',
      note_erased.tenant_id, note_erased.erasure_id, span.window_from, span.window_until)
    using key;
  end loop;
end
$$;
comment on function audit_private.note_erased(uuid, uuid, uuid[], text[]) is
  'notes events of a tenant by id, with the groups to erase of each as the text of an array';
grant execute on function audit_private.note_erased(uuid, uuid, uuid[], text[]) to audit_owner;
