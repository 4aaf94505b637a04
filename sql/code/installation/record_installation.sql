-- Ends an installation, in its transaction: what follows is what the database vouches for.
create or replace function audit_private.record_installation(version text, code_digest text, migrations text[])
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.installation;
begin
  select i.* into known
  from audit_private.installation i
  order by i.installed_at desc
  limit 1;
  while audit_private.add_next_partition() is not null loop
  end loop;

  insert into audit_private.installation (version, code_digest, installed_by, migrations)
  values (
    record_installation.version, record_installation.code_digest, audit_private.recorded_by(),
    record_installation.migrations
  );
  delete from audit_private.installed_object o
  where not exists (
    select from audit_private.object_digests() d where (d.kind, d.name) = (o.kind, o.name)
  );
  insert into audit_private.installed_object as o (kind, name, digest)
  select d.kind, d.name, d.digest from audit_private.object_digests() d
  on conflict on constraint installed_object_pkey do update
  set digest = excluded.digest
  where o.digest <> excluded.digest;

  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => case when known.version is null then 'installed' else 'upgraded' end,
    entity_type => 'audit_log',
    entity_id => null,
    description => format('pgwitness %s installed', record_installation.version),
    changes => jsonb_build_object(
      'version', jsonb_build_object('old', known.version, 'new', record_installation.version),
      'code_digest', jsonb_build_object('old', known.code_digest, 'new', record_installation.code_digest)));
end
$$;
comment on function audit_private.record_installation(text, text, text[]) is
  'makes the partitions ahead, notes what each object looks like, and writes the event installed or upgraded';
