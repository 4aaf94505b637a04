set local role audit_writer;
-- Each change gets the time at which it was made, and leaves the spool in the statement that logs it. One whose
-- action has been turned off is dropped, as it would have been then; one that still can't be logged, for want of its
-- tenant or its partition, stays; and one whose row was never read is told with what is known of it. A truncate of a
-- table that holds its tenants in a column is every tenant's.
create or replace function audit.log_spool(at_most integer default 1000, out logged bigint, out remaining bigint)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with ready as (
    select s.spool_id, array_agg(d.tenant_id) filter (where d.is_logged) as tenant_ids
    from audit_private.capture_spool s
    join audit_private.logging_decision d
      on d.action = s.action
      and (d.tenant_id = s.tenant_id
        or s.tenant_id is null and s.action = audit_private.capture_action(s.entity_type, 'TRUNCATE'))
    where exists (
      select from audit_private.event_partitions() p where s.spooled_at >= p.from_time and s.spooled_at < p.until_time
    )
    group by s.spool_id
    order by s.spool_id
    limit log_spool.at_most
  ),
  taken as (
    delete from audit_private.capture_spool s
    using ready r
    where s.spool_id = r.spool_id
    returning s.*, r.tenant_ids
  ),
  stored as (
    insert into audit_private.event (
      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type, actor_type,
      outcome, recorded_by, actor_id, entity_id, description, actor, changes, target, metadata
    )
    select t.owner_id, t.spooled_at,
      audit_private.new_event_id(t.spooled_at, nextval('audit_private.event_sequence')), clock_timestamp(),
      currval('audit_private.event_sequence'), i.transaction_offset + txid_current(), gen_random_uuid(), 'captured',
      t.action, t.entity_type, coalesce(t.actor_type, 'database_role'), 'success', t.recorded_by, t.actor_id, t.entity_id,
      coalesce(t.description, 'A change that could not be read when it was made'), t.actor, t.changes, t.target,
      coalesce(t.metadata, '{}') || jsonb_build_object('spooled', t.error)
    from (select o.*, owner_id from taken o cross join unnest(o.tenant_ids) as owner_id order by o.spool_id) t
    cross join audit_private.instance i
  )
  select count(*) filter (where t.tenant_ids is not null) into logged from taken t;
  select count(*) into remaining from audit_private.capture_spool s;
  if logged > 0 then
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000',
      action => 'spool_logged',
      entity_type => 'audit_watch',
      entity_id => null,
      description => format('%s spooled changes logged', logged),
      metadata => jsonb_build_object('logged', logged, 'remaining', remaining));
  end if;
end
$$;
comment on function audit.log_spool(integer) is
  'logs spooled changes, as many as can be logged by now; returns how many were and how many remain; for audit_operator';
grant execute on function audit.log_spool(integer) to audit_operator;
