-- Until a restore is declared nothing is removed: the policies and holds of today may be missing from an older backup. A
-- restore that can't be noticed from inside, such as that of a disk's snapshot, is declared all the same, and begins an
-- epoch of its own. What a standby that took over had not got yet is accepted with it. enter_epoch locks the row that every
-- sealer locks, also when there is nothing to enter, so that no seal is made meanwhile.
create or replace function audit.accept_restore(reason text)
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(accept_restore.reason);
  accepted audit_private.epoch;
  is_pending boolean;
begin
  perform audit_private.enter_epoch();
  is_pending := exists (
    select from audit_private.epoch e where e.kind in ('dump_restored', 'point_in_time') and e.accepted_at is null);
  if not is_pending then
    insert into audit_private.epoch (epoch, kind, incarnation, timeline, log_size, last_sealed_at)
    select e.epoch + 1, 'point_in_time', e.incarnation, e.timeline, s.log_size, s.sealed_at
    from audit_private.sealing s
    join audit_private.epoch e on e.epoch = s.epoch;
    update audit_private.sealing s set epoch = s.epoch + 1;
  end if;
  update audit_private.epoch e
  set accepted_at = clock_timestamp(), accepted_by = audit_private.recorded_by(), accept_reason = checked_reason
  where e.kind <> 'installed' and e.accepted_at is null;
  select e.* into accepted
  from audit_private.epoch e
  join audit_private.sealing s on s.epoch = e.epoch;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'restore_accepted',
    entity_type => 'audit_epoch',
    entity_id => accepted.epoch::text,
    description => format('Restore accepted: epoch %s of the log (%s)', accepted.epoch, accepted.kind),
    metadata => jsonb_build_object('reason', checked_reason, 'kind', accepted.kind, 'log_size', accepted.log_size));
  return accepted.epoch;
end
$$;
comment on function audit.accept_restore(text) is
  'declares that the log was restored from a backup, so that events may be removed again, and returns the epoch in which it '
  'goes on; what a later checkpoint knew is then reported as restored and not as a cut tail; for audit_operator';
grant execute on function audit.accept_restore(text) to audit_operator;
