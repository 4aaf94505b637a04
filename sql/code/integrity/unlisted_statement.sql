-- For the first run of an epoch that began with a restored dump: whatever has a number of an earlier life and stands in
-- no list. Such events may be anywhere, so all lists are looked at. What a purge removed may have been imported anew since,
-- and stands in its old list as removed.
create or replace function audit_private.unlisted_statement(transaction_offset bigint)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select format(
    '
      union all
      select e.tenant_id, e.occurred_at, e.id, coalesce(audit_private.leaf_of_event(e), %L)
      from audit_private.event e
      where e.transaction_id < %s
        and not exists (
          select
          from (
            select p.tenant_id, l.occurred_at, l.id
            from (
              select q.tenant_id, q.times, q.ids,
                audit_private.removed_places(q.tenant_id, q.seal_number, q.part) as removed
              from audit_private.seal_part q
              offset 0
            ) p
            cross join lateral unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
            where p.removed is null or get_bit(p.removed, l.place::integer - 1) = 0
          ) l
          where l.tenant_id = e.tenant_id and l.occurred_at = e.occurred_at and l.id = e.id
        )', decode(repeat('00', 32), 'hex'), transaction_offset)
$$;
comment on function audit_private.unlisted_statement(bigint) is
  'more rows for a run to seal: events written before the offset was raised that no seal lists';
grant execute on function audit_private.unlisted_statement(bigint) to audit_finder;
