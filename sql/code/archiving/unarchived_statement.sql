set local role audit_keeper;
-- Part of the deletion gate. What is due only because it is archived stays unless each list that names it says that it stands
-- in a file that is kept, and the sink has acknowledged it. How many files are kept stands in the text as well, so that two
-- gates of one text decide the same. Parts that are archived whole are passed over by their counts, without a look at what
-- they list.
create or replace function audit_private.unarchived_statement(
  partition_name text,
  partition_until timestamptz,
  at timestamptz,
  treats_all_as_exact boolean,
  from_time timestamptz,
  until_time timestamptz
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
  with early as materialized (
    select d.tenant_id, h.sink_name, greatest(d.expired_before, unarchived_statement.from_time) as from_time, w.log_index,
      w.place, f.files
    from audit_private.due_tenants(
      unarchived_statement.partition_until, unarchived_statement.at, unarchived_statement.treats_all_as_exact) d
    join audit_private.hot_policies_in_force(clock_timestamp()) h on h.tenant_id = d.tenant_id
    join audit_private.sink s on s.sink_name = h.sink_name
    cross join lateral (
      select p.log_index, p.place
      from audit_private.sink_spans(s) p
      where p.tenant_id = d.tenant_id
      order by p.log_index, p.place
      limit 1
    ) w
    cross join lateral (
      select format('%s of %s', count(*) filter (where a.removed_at is null), count(*)) as files
      from audit_private.archived_file a
      where a.tenant_id = d.tenant_id and a.sink_name = h.sink_name
    ) f
    where d.removable_before > d.expired_before
  )
  select format(
    'select e.ctid, d.tenant_id, null::boolean, true
    from due d
    join unnest(%2$L::uuid[], %3$L::text[], %4$L::timestamptz[], %5$L::bigint[], %6$L::integer[], %7$L::text[])
      as h (tenant_id, sink_name, from_time, log_index, place, files) on h.tenant_id = d.tenant_id
    cross join lateral (
      select s.log_index, p.part, p.times, p.ids, a.places
      from audit_private.seals_between(h.tenant_id, h.from_time, least(d.removable_before, %8$L::timestamptz)) s
      join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      cross join lateral (
        select coalesce(bit_or(a.places), 0::bit(1024)) as places
        from audit_private.archived_part a
        join audit_private.archived_file f on f.tenant_id = a.tenant_id and f.file_id = a.file_id
        where a.tenant_id = p.tenant_id and a.seal_number = p.seal_number and a.part = p.part
          and f.sink_name = h.sink_name and f.removed_at is null
      ) a
      where p.last_at >= h.from_time and p.first_at < least(d.removable_before, %8$L::timestamptz)
        and (bit_count(a.places) < p.event_count or (s.log_index, p.part * 1024 + p.event_count) > (h.log_index, h.place))
      offset 0
    ) p
    cross join lateral unnest(p.times, p.ids) with ordinality as u (occurred_at, id, place)
    join audit_private.%1$I e on e.tenant_id = d.tenant_id and e.occurred_at = u.occurred_at and e.id = u.id
    where u.occurred_at >= h.from_time and u.occurred_at < least(d.removable_before, %8$L::timestamptz)
      and (get_bit(p.places, u.place::integer - 1) = 0
        or (p.log_index, p.part * 1024 + u.place) > (h.log_index, h.place))',
    unarchived_statement.partition_name, array_agg(r.tenant_id order by r.tenant_id),
    array_agg(r.sink_name order by r.tenant_id), array_agg(r.from_time order by r.tenant_id),
    array_agg(r.log_index order by r.tenant_id), array_agg(r.place order by r.tenant_id),
    array_agg(r.files order by r.tenant_id), least(unarchived_statement.until_time, unarchived_statement.partition_until))
  from early r
  having count(*) > 0
$$;
comment on function audit_private.unarchived_statement(text, timestamptz, timestamptz, boolean, timestamptz, timestamptz) is
  'SQL that gives what is due in a partition only if it is archived, and isn''t; null when there is no such tenant';
