set local role audit_finder;
-- One pass over all tenants. The snapshot comes first: once this transaction has a number of its own, its snapshot would
-- count events as ended that it has yet to write. The row that every sealer locks comes next; if another one has sealed in
-- between, what this snapshot doesn't know may be sealed already, and it must begin again. Statements after that see
-- more than the snapshot does, so what it doesn't see is left out by number.
--
-- After a restore the number of the last sealer means nothing, and may lie in the future; so the epoch is asked for first.
-- Whether anybody still has a snapshot from before the offset was raised is asked before the events are: what those who
-- have ended by then have written is seen.
--
-- Lists are put together from sorted rows: grouping by the first columns of an order keeps it, and sorting again within
-- each aggregate would take longer than the tree does. Hashing an event is a long expression, which is planned for each
-- partition: so the times between which there is anything new are asked first. Without sequential scans, since a partition
-- that was never analyzed would be read as a whole every minute. An event without a salt has no leaf, and nobody but an
-- intruder writes one; it is sealed with zeroes, which nothing will ever match, so that it stops nobody.
create or replace function audit_private.seal_step()
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set enable_seqscan = off
set datestyle = 'ISO, YMD'
as $$
declare
  seen constant pg_snapshot := pg_current_snapshot();
  own constant xid8 := pg_current_xact_id_if_assigned();
  before audit_private.sealing;
  after audit_private.sealing;
  moment constant timestamptz := clock_timestamp();
  is_settled boolean;
  raised bigint;
  fresh text;
  first_at timestamptz;
  last_at timestamptz;
  sealed bigint;
  made bigint;
begin
  if own is not null then
    raise exception using
      errcode = 'WT130',
      message = 'events can''t be sealed in a transaction that has written',
      detail = 'What it has yet to write would be taken for sealed.',
      hint = 'call audit.seal_events(); outside any transaction block';
  end if;
  perform audit_private.require_read_committed();
  select s.* into before from audit_private.sealing s for update;
  if (audit_private.current_epoch()).epoch is not null then
    return 'moved';
  end if;
  if not coalesce(pg_visible_in_snapshot(before.sealed_in, seen), true) then
    return 'again';
  end if;

  select i.transaction_offset into raised from audit_private.instance i;
  is_settled := before.is_caught_up or not exists (
    select
    from pg_stat_activity a
    join pg_database d on d.oid = a.datid and d.datname = current_database()
    where a.pid <> pg_backend_pid() and age(a.backend_xmin) >= age(before.raised_in::xid)
  );
  after := before;
  after.snapshot_xmin := raised + pg_snapshot_xmin(seen)::text::bigint;
  after.snapshot_xmax := raised + pg_snapshot_xmax(seen)::text::bigint;
  after.snapshot_xips := array(
    select raised + x::text::bigint from pg_snapshot_xip(seen) as x order by 1);

  fresh := format('%s and not %s', audit_private.unsealed_condition(before), audit_private.unsealed_condition(after));
  execute format(
    'select min(e.occurred_at), max(e.occurred_at) from audit_private.event e where %s', fresh)
  into first_at, last_at;
  if first_at is not null or not before.is_caught_up then
    execute format(
      'with fresh as (
        select e.tenant_id, e.occurred_at, e.id, coalesce(audit_private.leaf_of_event(e), %L) as leaf
        from audit_private.event e
        where %s and e.occurred_at >= %L::timestamptz and e.occurred_at <= %L::timestamptz%s
      ),
      placed as (
        select n.*, n.place / 1024 as part
        from (
          select f.*, row_number() over (partition by f.tenant_id order by f.occurred_at, f.id) - 1 as place
          from fresh f
        ) n
        order by n.tenant_id, part, n.place
      ),
      parts as materialized (
        select p.tenant_id, p.part::integer, count(*)::integer as event_count, min(p.occurred_at) as first_at,
          max(p.occurred_at) as last_at, array_agg(p.occurred_at) as times, array_agg(p.id) as ids,
          string_agg(p.leaf, '''') as leaves
        from placed p
        group by p.tenant_id, p.part
      )
      insert into audit_private.seal_part (
        tenant_id, seal_number, part, event_count, first_at, last_at, root, times, ids, leaves
      )
      select p.tenant_id, coalesce(l.seal_number, 0) + 1, p.part, p.event_count, p.first_at, p.last_at,
        audit_private.merkle_root(p.leaves), p.times, p.ids, p.leaves
      from parts p
      join audit_private.tenant t on t.tenant_id = p.tenant_id
      left join lateral (
        select s.seal_number from audit_private.seal s
        where s.tenant_id = p.tenant_id
        order by s.seal_number desc
        limit 1
      ) l on true',
      decode(repeat('00', 32), 'hex'), fresh, first_at, last_at,
      case when not before.is_caught_up then audit_private.unlisted_statement(raised) else '' end);
  end if;

  with last as (
    select t.tenant_id, l.*
    from audit_private.tenant t
    left join lateral (
      select s.seal_number, s.sealed_at, s.running_count, s.seal_hash
      from audit_private.seal s
      where s.tenant_id = t.tenant_id
      order by s.seal_number desc
      limit 1
    ) l on true
  ),
  listed as (
    select l.tenant_id, l.seal_number, l.running_count, l.seal_hash, p.*
    from last l
    cross join lateral (
      select coalesce(sum(p.event_count), 0) as event_count, min(p.first_at) as first_at, max(p.last_at) as last_at,
        audit_private.merkle_root(string_agg(p.root, '')) as events_root
      from (
        select q.* from audit_private.seal_part q
        where q.tenant_id = l.tenant_id and q.seal_number = coalesce(l.seal_number, 0) + 1
        order by q.part
      ) p
    ) p
    where p.event_count > 0
      or l.sealed_at < moment - (
        select o.value::integer * interval '1 minute' from audit_private.option o where o.name = 'seal_silence_minutes'
      ) and exists (select from audit_private.tenant t where t.tenant_id = l.tenant_id and t.retired_at is null)
  ),
  made as (
    select (
      l.tenant_id, coalesce(l.seal_number, 0) + 1,
      before.log_size + row_number() over (order by l.tenant_id) - 1,
      before.epoch, moment,
      concat(after.snapshot_xmin, ':', after.snapshot_xmax, ':', array_to_string(after.snapshot_xips, ',')),
      l.event_count, coalesce(l.running_count, 0) + l.event_count, l.first_at, l.last_at, l.events_root,
      coalesce(l.seal_hash, decode(repeat('00', 32), 'hex')), ''
    )::audit_private.seal as seal
    from listed l
  ),
  stored as (
    insert into audit_private.seal
    select (m.seal).tenant_id, (m.seal).seal_number, (m.seal).log_index, (m.seal).epoch, (m.seal).sealed_at,
      (m.seal).snapshot, (m.seal).event_count, (m.seal).running_count, (m.seal).first_at, (m.seal).last_at,
      (m.seal).events_root, (m.seal).previous, audit_private.hash_of_seal(m.seal)
    from made m
    returning log_index, seal_hash, event_count
  ),
  leaves as (
    insert into audit_private.tree_node (level, position, hash)
    select 0, s.log_index, s.seal_hash from stored s
  )
  select count(*), coalesce(sum(s.event_count), 0) into made, sealed from stored s;
  perform audit_private.grow_log(before.log_size, before.log_size + made);

  perform pg_notify('pgwitness_sealed', '') where made > 0 and exists (select from audit_private.sink s);
  update audit_private.sealing s
  set sealed_at = moment, sealed_in = pg_current_xact_id(), snapshot_xmin = after.snapshot_xmin,
    snapshot_xmax = after.snapshot_xmax, snapshot_xips = after.snapshot_xips, log_size = before.log_size + made,
    is_caught_up = is_settled;
  return case made when 0 then 'nothing to do' else format('%s events sealed in %s seals', sealed, made) end;
end
$$;
comment on function audit_private.seal_step() is
  'seals every event that was committed since the last run, and says what it did; a step of seal_events';
grant execute on function audit_private.seal_step() to audit_operator;
