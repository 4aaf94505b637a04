-- What whoever tampers brings along: a schema of their own in the scratch database, so that the log's own objects stay as
-- they were installed. Nothing here is used by an installed log.
create schema gameday;

-- What is tampered with. Chosen once, so that each attack meets the same log.
create table gameday.target (
  name text primary key,
  tenant_id uuid not null,
  occurred_at timestamptz not null,
  id uuid not null,
  seal_number bigint not null,
  part integer not null,
  place bigint not null,
  log_index bigint not null
);

-- A superuser is refused by the triggers alone, and turns them off. The second puts them back, so that nobody sees it.
create function gameday.open()
returns void
language plpgsql
as $$
declare
  name text;
begin
  perform set_config('session_replication_role', 'replica', true);
  for name in
    select g.tgrelid::regclass from pg_trigger g
    where g.tgfoid = 'audit_private.refuse_change()'::regprocedure and g.tgparentid = 0
      and g.tgrelid in ('audit_private.event'::regclass, 'audit_private.seal'::regclass, 'audit_private.tree_node'::regclass,
        'audit_private.seal_removal'::regclass, 'audit_private.part_removal'::regclass, 'audit_private.seal_part'::regclass)
  loop
    execute format('alter table %s disable trigger user', name);
  end loop;
end
$$;

create function gameday.close()
returns void
language plpgsql
as $$
declare
  trigger record;
begin
  perform set_config('session_replication_role', 'origin', true);
  for trigger in
    select g.tgrelid::regclass as relation, g.tgname as name from pg_trigger g
    where g.tgfoid = 'audit_private.refuse_change()'::regprocedure and g.tgenabled = 'D'
  loop
    execute format('alter table %s enable always trigger %I', trigger.relation, trigger.name);
  end loop;
end
$$;

create function gameday.target(name text)
returns gameday.target
language sql
stable
as $$
  select t from gameday.target t where t.name = target.name
$$;

-- An event of the log as it stands.
create function gameday.victim(name text default 'kept')
returns audit_private.event
language sql
stable
as $$
  select e
  from gameday.target t
  join audit_private.event e on e.tenant_id = t.tenant_id and e.occurred_at = t.occurred_at and e.id = t.id
  where t.name = victim.name
$$;

-- Takes an event out of the list of its seal, as though it had never been there.
create function gameday.unlist(tenant uuid, event_id uuid)
returns void
language sql
as $$
  update audit_private.seal_part p
  set times = p.times[:l.place - 1] || p.times[l.place + 1:],
    ids = p.ids[:l.place - 1] || p.ids[l.place + 1:],
    leaves = substr(p.leaves, 1, (l.place - 1) * 32) || substr(p.leaves, l.place * 32 + 1)
  from (
    select q.tenant_id, q.seal_number, q.part, array_position(q.ids, unlist.event_id) as place
    from audit_private.seal_part q
    where q.tenant_id = unlist.tenant and unlist.event_id = any (q.ids)
  ) l
  where p.tenant_id = l.tenant_id and p.seal_number = l.seal_number and p.part = l.part
$$;

-- Makes everything above the events anew, from end to end: leaves, lists, seals, and the tree over all seals. What purges
-- took keeps its hashes.
create function gameday.reseal()
returns void
language plpgsql
as $$
declare
  seal audit_private.seal;
begin
  update audit_private.seal_part p
  set event_count = n.event_count, first_at = n.first_at, last_at = n.last_at, root = audit_private.merkle_root(n.leaves),
    leaves = n.leaves
  from (
    select q.tenant_id, q.seal_number, q.part, count(*)::integer as event_count, min(u.occurred_at) as first_at,
      max(u.occurred_at) as last_at,
      string_agg(coalesce(audit_private.leaf_of_event(e), substr(q.leaves, u.place::integer * 32 - 31, 32)), '' order by u.place)
        as leaves
    from audit_private.seal_part q
    cross join lateral unnest(q.times, q.ids) with ordinality as u (occurred_at, id, place)
    left join audit_private.event e
      on e.tenant_id = q.tenant_id and e.occurred_at = u.occurred_at and e.id = u.id
    group by q.tenant_id, q.seal_number, q.part
  ) n
  where n.tenant_id = p.tenant_id and n.seal_number = p.seal_number and n.part = p.part
    and (n.leaves, n.event_count, audit_private.merkle_root(n.leaves)) is distinct from (p.leaves, p.event_count, p.root);
  for seal in select s.* from audit_private.seal s order by s.log_index loop
    select coalesce(l.event_count, seal.event_count), coalesce(l.first_at, seal.first_at), coalesce(l.last_at, seal.last_at),
      coalesce(l.root, seal.events_root)
    into seal.event_count, seal.first_at, seal.last_at, seal.events_root
    from (
      select sum(p.event_count) as event_count, min(p.first_at) as first_at, max(p.last_at) as last_at,
        case when count(*) > 0 then audit_private.merkle_root(string_agg(p.root, '' order by p.part)) end as root
      from audit_private.seal_part p
      where p.tenant_id = seal.tenant_id and p.seal_number = seal.seal_number
    ) l;
    select coalesce(max(b.running_count), 0) + seal.event_count, coalesce(max(b.seal_hash::text), '\x' || repeat('00', 32))::bytea
    into seal.running_count, seal.previous
    from audit_private.seal b
    where b.tenant_id = seal.tenant_id and b.seal_number = seal.seal_number - 1;
    seal.seal_hash := audit_private.hash_of_seal(seal);
    update audit_private.seal s
    set event_count = seal.event_count, running_count = seal.running_count, first_at = seal.first_at,
      last_at = seal.last_at, events_root = seal.events_root, previous = seal.previous, seal_hash = seal.seal_hash
    where s.tenant_id = seal.tenant_id and s.seal_number = seal.seal_number and s.seal_hash <> seal.seal_hash;
  end loop;
  perform gameday.grow();
end
$$;

-- The tree over all seals, from the seals.
create function gameday.grow()
returns void
language plpgsql
as $$
begin
  delete from audit_private.tree_node;
  insert into audit_private.tree_node (level, position, hash)
  select 0, s.log_index, s.seal_hash from audit_private.seal s;
  update audit_private.sealing set log_size = (select count(*) from audit_private.seal);
  perform audit_private.grow_log(0, (select s.log_size from audit_private.sealing s));
end
$$;

-- Cuts off all seals from a place of the log on, with their events and everything that could tell of them.
create function gameday.cut(from_index bigint)
returns void
language plpgsql
as $$
declare
  last audit_private.seal;
begin
  delete from audit_private.event e
  using audit_private.seal s
  join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
  cross join lateral unnest(p.times, p.ids) as u (occurred_at, id)
  where s.log_index >= cut.from_index and e.tenant_id = p.tenant_id and e.occurred_at = u.occurred_at and e.id = u.id;
  delete from audit_private.seal_part p
  using audit_private.seal s
  where s.log_index >= cut.from_index and p.tenant_id = s.tenant_id and p.seal_number = s.seal_number;
  delete from audit_private.seal s where s.log_index >= cut.from_index;
  perform gameday.grow();
  select s.* into last from audit_private.seal s order by s.log_index desc limit 1;
  update audit_private.sealing set sealed_at = last.sealed_at;
  delete from audit_private.event e where e.recorded_at > last.sealed_at;
end
$$;

-- Puts an event there that is like another one but for what is given.
create function gameday.insert_event(like_event audit_private.event, given jsonb)
returns uuid
language plpgsql
as $$
declare
  made audit_private.event;
begin
  made := jsonb_populate_record(
    insert_event.like_event,
    jsonb_build_object('salt', gen_random_uuid(), 'sequence', nextval('audit_private.event_sequence')) || insert_event.given);
  if not insert_event.given ? 'id' then
    made.id := audit_private.new_event_id(made.occurred_at, made.sequence);
  end if;
  insert into audit_private.event values (made.*);
  return made.id;
end
$$;

-- The number that a transaction's events carry.
create function gameday.own_transaction_id()
returns bigint
language sql
as $$
  select i.transaction_offset + txid_current() from audit_private.instance i
$$;

-- Removes expired events as the nightly job does, in this transaction.
create function gameday.purge()
returns uuid
language plpgsql
as $$
declare
  run constant uuid := audit_private.begin_run('purge_events', pg_backend_pid());
begin
  perform audit_private.predict_purge(run);
  loop
    exit when audit_private.purge_step(run) = 'done';
  end loop;
  perform audit_private.finish_purge(run);
  return run;
end
$$;

-- Notes and receipt of a purge that never ran, in whatever way the caller has them; what is removed is a seal's whole list.
create function gameday.forge_removal(tenant uuid, seal bigint, run uuid)
returns bigint
language plpgsql
as $$
declare
  gone bigint;
begin
  delete from audit_private.event e
  using audit_private.seal_part p
  cross join lateral unnest(p.times, p.ids) as u (occurred_at, id)
  where p.tenant_id = forge_removal.tenant and p.seal_number = forge_removal.seal
    and e.tenant_id = p.tenant_id and e.occurred_at = u.occurred_at and e.id = u.id;
  get diagnostics gone = row_count;
  delete from audit_private.seal_part p where p.tenant_id = forge_removal.tenant and p.seal_number = forge_removal.seal;
  insert into audit_private.seal_removal (tenant_id, first_seal, last_seal, run_id, removed)
  values (forge_removal.tenant, forge_removal.seal, forge_removal.seal, forge_removal.run, gone);
  return gone;
end
$$;

-- After a copy the database is another one, which the log notices. Whoever swaps its files keeps what it looks at.
create function gameday.pass_for_the_same()
returns void
language sql
as $$
  update audit_private.epoch set incarnation = audit_private.current_incarnation()
$$;

-- An event is changed, and the list of its seal with it.
create function gameday.change_list()
returns void
language plpgsql
as $$
begin
  update audit_private.event set description = 'Nothing happened'
  where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
  update audit_private.seal_part p
  set leaves = overlay(p.leaves placing audit_private.leaf_of_event(gameday.victim()) from (t.place * 32 - 31)::integer for 32)
  from gameday.target t
  where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number and p.part = t.part;
  update audit_private.seal_part p set root = audit_private.merkle_root(p.leaves)
  from gameday.target t
  where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number and p.part = t.part;
end
$$;

-- The same, and the root and the hash of its seal.
create function gameday.change_seal()
returns void
language plpgsql
as $$
begin
  perform gameday.change_list();
  update audit_private.seal s
  set events_root = (
    select audit_private.merkle_root(string_agg(p.root, '' order by p.part)) from audit_private.seal_part p
    where p.tenant_id = s.tenant_id and p.seal_number = s.seal_number)
  from gameday.target t
  where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number = t.seal_number;
  update audit_private.seal s set seal_hash = audit_private.hash_of_seal(s)
  from gameday.target t
  where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number = t.seal_number;
end
$$;

-- The same, and all later seals of the tenant.
create function gameday.change_chain()
returns void
language plpgsql
as $$
declare
  seal audit_private.seal;
begin
  perform gameday.change_seal();
  for seal in
    select s.* from audit_private.seal s
    join gameday.target t on t.name = 'kept' and t.tenant_id = s.tenant_id
    where s.seal_number > t.seal_number
    order by s.seal_number
  loop
    seal.previous := (
      select b.seal_hash from audit_private.seal b
      where b.tenant_id = seal.tenant_id and b.seal_number = seal.seal_number - 1);
    update audit_private.seal s set previous = seal.previous, seal_hash = audit_private.hash_of_seal(seal)
    where s.tenant_id = seal.tenant_id and s.seal_number = seal.seal_number;
  end loop;
end
$$;

-- Events that were imported are passed off as purged, with a receipt, and with an event that tells of it.
create function gameday.forge_purge(cutoff timestamptz)
returns void
language plpgsql
as $$
begin
  perform gameday.forge_removal(tenant => t.tenant_id, seal => t.seal_number, run => '99999999-9999-4999-8999-999999999999')
  from gameday.target(name => 'imported') t;
  insert into audit_private.job_run (run_id, job_name, started_at, last_step_at, finished_at, result, process_id, run_by)
  values ('99999999-9999-4999-8999-999999999999', 'purge_events', now(), now(), now(), 'succeeded', 1, 'operator');
  insert into audit_private.purge_receipt (
    tenant_id, run_id, days, is_exact, cutoff, predicted, removed, oldest_removed_at, newest_removed_at, is_told)
  select r.tenant_id, r.run_id, 365, false, forge_purge.cutoff, r.removed, r.removed, s.first_at, s.last_at, true
  from audit_private.seal_removal r
  join audit_private.seal s on s.tenant_id = r.tenant_id and s.seal_number = r.first_seal
  where r.run_id = '99999999-9999-4999-8999-999999999999';
  perform audit_private.write_system_event(
    tenant_id => r.tenant_id, action => 'events_purged', entity_type => 'audit_retention', entity_id => r.run_id::text,
    description => 'Events removed',
    metadata => jsonb_strip_nulls(to_jsonb(r) - 'is_told')
      || jsonb_build_object('removals', audit_private.removals_digest(r.tenant_id, r.run_id)))
  from audit_private.purge_receipt r
  where r.run_id = '99999999-9999-4999-8999-999999999999';
end
$$;
