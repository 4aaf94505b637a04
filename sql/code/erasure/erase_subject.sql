-- A hold in the way raises nothing: what is held is counted, and goes when the hold is released. What others write at
-- this very moment isn't seen yet, so an erasure is called again when writing has ended; so is one that was killed, which has left
-- nothing. Every actor found gets one pseudonym in all of its events.
create or replace function audit.erase_subject(
  identifiers text[],
  reason text,
  tenant_id uuid default null,
  out erasure_id uuid,
  out erased bigint,
  out held bigint,
  out exports bigint
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(erase_subject.tenant_id);
  subject constant record := audit_private.read_identifiers(erase_subject.identifiers);
  written constant text[] := audit_private.written_patterns(erase_subject.identifiers);
  pseudonyms constant text[] := array(
    select 'erased-' || gen_random_uuid() from generate_series(1, cardinality(erase_subject.identifiers)));
begin
  erasure_id := audit_private.begin_erasure(tenant, 'subject', erase_subject.reason, subject.names, subject.patterns);
  perform audit_private.erase_notes(tenant, subject.names, pseudonyms, written, subject.key_patterns);
  perform audit_private.find_subject(
    tenant, erasure_id, subject.names, written, subject.key_patterns,
    audit_private.rough_patterns(erase_subject.identifiers), pseudonyms);
  select c.erased, c.held, c.exports into erased, held, exports
  from audit_private.carry_out_erasure(tenant, erasure_id, subject.names, pseudonyms, written) c;
  perform audit_private.tell_erasure(tenant, erasure_id, erased, held, exports);
  perform audit_private.release_tenant();
end
$$;
comment on function audit.erase_subject(text[], text, uuid) is
  'Erases a person from the tenant''s log: replaces whatever names them in events by digests, empties exports that hold '
  'it, and takes it out of sessions, holds and reasons. Returns of how many events, how many a hold keeps until it is '
  'released, and how many exports. For audit_privacy; raises WT021, WT036, WT037, WT040 and WT140.';
grant execute on function audit.erase_subject(text[], text, uuid) to audit_privacy;
