set local role audit_keeper;
-- All of a partition that stays: other tenants' events, those of an exact tenant that haven't expired, and what a floor
-- or a hold keeps. Found by the primary key and by place, so that what goes isn't read.
create or replace function audit_private.survivors_statement(
  partition_name text,
  partition_until timestamptz,
  at timestamptz
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.deletion_gate(
    survivors_statement.partition_name, survivors_statement.partition_until, survivors_statement.at) || format(
    ', present as (
      (select e.tenant_id from audit_private.%1$I e order by e.tenant_id limit 1)
      union all
      select (
        select e.tenant_id from audit_private.%1$I e
        where e.tenant_id > p.tenant_id
        order by e.tenant_id
        limit 1
      )
      from present p
      where p.tenant_id is not null
    ),
    staying as (
      select p.tenant_id, timestamptz ''-infinity'' as from_time
      from present p
      where p.tenant_id is not null and not exists (select from due d where d.tenant_id = p.tenant_id)
      union all
      select d.tenant_id, d.removable_before from due d where d.removable_before < %2$L::timestamptz
    )
    select s.event
    from staying t
    cross join lateral (
      select e::audit_private.event as event
      from audit_private.%1$I e
      where e.tenant_id = t.tenant_id and e.occurred_at >= t.from_time
      offset 0
    ) s
    union all
    select e::audit_private.event
    from audit_private.%1$I e
    where e.ctid = any (array(select k.place from kept k))',
    survivors_statement.partition_name, survivors_statement.partition_until)
$$;
comment on function audit_private.survivors_statement(text, timestamptz, timestamptz) is
  'SQL that gives the events that a purge leaves in a partition';
