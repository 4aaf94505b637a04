-- Signed and kept outside, it says what the log was. The log tells that it was made, since whoever holds the last one can
-- prove that nothing before it was changed.
create or replace function audit.create_checkpoint()
returns table (origin text, tree_size bigint, root_hash bytea, sealed_until timestamptz)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if audit_private.is_removal_barred() then
    raise exception using
      errcode = 'WT131',
      message = 'no checkpoint can be made of a log that was restored',
      detail = 'Seals that an earlier checkpoint knows may be lost, and nobody has declared it.',
      hint = 'select audit.accept_restore(reason => ''restored from the backup of …'');';
  end if;
  select audit_private.log_origin(s.epoch), s.log_size, audit_private.log_hash(0, s.log_size), s.sealed_at
  into origin, tree_size, root_hash, sealed_until
  from audit_private.sealing s;
  if origin is null or tree_size = 0 then
    raise exception using
      errcode = 'WT131',
      message = 'no checkpoint can be made of a log without seals',
      detail = 'Nothing has been sealed yet.',
      hint = 'call audit.seal_events();';
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'checkpoint_created',
    entity_type => 'audit_checkpoint',
    entity_id => tree_size::text,
    description => format('Checkpoint of %s seals created', tree_size),
    metadata => jsonb_build_object(
      'origin', origin, 'tree_size', tree_size, 'root', encode(root_hash, 'hex')));
  return next;
end
$$;
comment on function audit.create_checkpoint() is
  'The head of the log, to be signed and kept outside the database: name, size and root of the tree over all seals. '
  'Raises WT131. For audit_operator and audit_auditor.';
grant execute on function audit.create_checkpoint() to audit_operator, audit_auditor;
