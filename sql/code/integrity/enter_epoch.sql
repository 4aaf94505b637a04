-- After a dump was restored, transactions are numbered from anywhere. The offset is raised above every number that an
-- event or a seal carries, so that numbers never mean two transactions. A writer that has read the old offset would use
-- it after that; hence the locks, which wait until each of them has ended, and make all others wait meanwhile: 100 ms at
-- most, else it is tried again by the next run. So the largest number is looked for before, which takes long; whatever has
-- been written since has a smaller one than this transaction's. After it, what has an older number is all there, and the
-- next seals take whatever of it is in no list. A dump of a log that was never sealed looks like a new one, but for numbers
-- that this server has yet to reach.
--
-- All but what a transaction will write that keeps a snapshot from before, and reads the old offset in it. It has at most
-- 2^31 transactions to do so before PostgreSQL itself stops, hence the distance; seal_step says when none is left.
create or replace function audit_private.enter_epoch()
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
  entered audit_private.epoch;
  last bigint;
begin
  perform from audit_private.sealing s for update;
  entered := audit_private.current_epoch();
  if entered.epoch is null then
    return;
  end if;
  if entered.kind in ('dump_restored', 'installed') then
    last := audit_private.last_transaction_id();
  end if;
  if entered.kind = 'dump_restored'
    or last >= (
      select i.transaction_offset + pg_snapshot_xmax(pg_current_snapshot())::text::bigint from audit_private.instance i)
  then
    lock table audit_private.instance, audit_private.role_binding in access exclusive mode;
    last := greatest(
      last, (select s.snapshot_xmax from audit_private.sealing s),
      (select i.transaction_offset from audit_private.instance i) + txid_current());
    update audit_private.instance i set transaction_offset = last + 2147483648;
    update audit_private.sealing s
    set snapshot_xmin = last + 2147483648, snapshot_xmax = last + 2147483648, snapshot_xips = '{}',
      is_caught_up = false, sealed_in = null, raised_in = pg_current_xact_id();
  end if;
  insert into audit_private.epoch values (entered.*);
  update audit_private.sealing s set epoch = entered.epoch;
  if entered.kind <> 'installed' then
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000',
      action => 'epoch_begun',
      entity_type => 'audit_epoch',
      entity_id => entered.epoch::text,
      description => format('The log goes on as epoch %s (%s)', entered.epoch, entered.kind),
      metadata => to_jsonb(entered) - '{epoch,accepted_at,accepted_by,accept_reason}'::text[]);
  end if;
end
$$;
comment on function audit_private.enter_epoch() is
  'notices that the log was restored or has moved, and begins an epoch; the first step of seal_events';
grant execute on function audit_private.enter_epoch() to audit_operator;
