-- What was kept outside, against the log. A restore takes the log back, and so does a standby that hadn't got the last
-- seals when it took over: a checkpoint made before then knows seals that are lost, which is a cut tail unless somebody
-- has declared it. After several restores the first that went back far enough has lost them.
create or replace function audit.verify_checkpoint(origin text, tree_size bigint, root_hash bytea)
returns setof audit_private.finding
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known constant audit_private.epoch := (
    select e from audit_private.epoch e where audit_private.log_origin(e.epoch) = verify_checkpoint.origin);
  next constant audit_private.epoch := (
    select e from audit_private.epoch e
    where e.epoch > known.epoch and e.log_size < verify_checkpoint.tree_size
    order by e.epoch
    limit 1);
  size constant bigint := (select s.log_size from audit_private.sealing s);
  finding audit_private.finding;
begin
  finding.occurred_at := next.last_sealed_at;
  if known.epoch is null then
    finding.kind := 'foreign';
    finding.detail := format('the log has never been called %s', coalesce(verify_checkpoint.origin, 'nothing'));
  elsif verify_checkpoint.tree_size >= 0 is not true then
    finding.kind := 'foreign';
    finding.detail := format('no log has %s seals', coalesce(verify_checkpoint.tree_size::text, 'an unknown number of'));
  elsif next.epoch is not null then
    finding.kind := case when next.accepted_at is null then 'cut_tail' else 'restored' end;
    finding.detail := format('seals %s to %s are lost: the log went back to the state of %s', next.log_size + 1,
        verify_checkpoint.tree_size, coalesce(next.last_sealed_at::text, 'before its first seal'))
      || case when next.accepted_at is null then ', which nobody has accepted'
        else format(', declared by %s at %s: %s', next.accepted_by, next.accepted_at, next.accept_reason) end;
  elsif verify_checkpoint.tree_size > size then
    finding.kind := 'cut_tail';
    finding.detail := format('the checkpoint knows %s seals, and the log has %s', verify_checkpoint.tree_size, size);
  elsif audit_private.log_hash(0, verify_checkpoint.tree_size) is distinct from verify_checkpoint.root_hash then
    finding.kind := 'rewritten';
    finding.detail := format('the first %s seals are not those of the checkpoint', verify_checkpoint.tree_size);
  else
    return;
  end if;
  return next finding;
end
$$;
comment on function audit.verify_checkpoint(text, bigint, bytea) is
  'Whether the log still holds what a checkpoint says: no row when it does. Kinds: cut_tail, rewritten, restored (declared '
  'with accept_restore) and foreign (another log''s). For audit_operator and audit_auditor.';
grant execute on function audit.verify_checkpoint(text, bigint, bytea) to audit_operator, audit_auditor;
