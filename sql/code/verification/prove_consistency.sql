create or replace function audit.prove_consistency(old_size bigint, new_size bigint)
returns text[]
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if prove_consistency.old_size between 0 and prove_consistency.new_size is not true
    or prove_consistency.new_size > (select s.log_size from audit_private.sealing s)
  then
    raise exception using
      errcode = 'WT132',
      message = format('the log can''t be proven from %s to %s seals', prove_consistency.old_size, prove_consistency.new_size),
      detail = format('It has %s.', (select s.log_size from audit_private.sealing s)),
      hint = 'Take both sizes from checkpoints of this log, the older first.';
  end if;
  return array(
    select encode(p.hash, 'hex')
    from unnest(audit_private.log_consistency(prove_consistency.old_size, prove_consistency.new_size))
      with ordinality as p (hash, place)
    order by p.place
  );
end
$$;
comment on function audit.prove_consistency(bigint, bigint) is
  'Proof that the log of one size is a beginning of the log of a later size (RFC 6962, 2.1.2), in hexadecimal. '
  'Raises WT132. For audit_operator, audit_auditor and whoever may read events.';
grant execute on function audit.prove_consistency(bigint, bigint)
  to audit_reader, audit_admin, audit_privacy, audit_operator, audit_auditor;
