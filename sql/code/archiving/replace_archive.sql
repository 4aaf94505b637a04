set local role audit_keeper;
-- Leaves don't change when something is erased, so the new file holds the same events at the same places, also those that
-- no list names any more. A hold is no hindrance: it keeps what it holds from being erased in the first place.
create or replace function audit.replace_archive(
  name text,
  tenant_id uuid,
  file text,
  replacement text,
  sha256 text,
  bytes bigint,
  read_at timestamptz
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$
declare
  taken audit_private.sink;
  known audit_private.archived_file;
  noted audit_private.archived_file;
begin
  perform audit_private.pass_gate();
  taken := audit_private.archivable_sink(replace_archive.name);
  known := audit_private.known_archive(taken, replace_archive.tenant_id, replace_archive.file);
  if known.removed_at is not null then
    return false;
  end if;
  if length(replace_archive.replacement) between 1 and 1000 is not true
    or replace_archive.sha256 ~ '^[0-9a-f]{64}$' is not true
    or replace_archive.bytes > 0 is not true
    or replace_archive.read_at is null
    or exists (
      select from audit_private.archived_file f
      where f.tenant_id = known.tenant_id and f.sink_name = known.sink_name and f.address = known.address
        and f.file = replace_archive.replacement
    )
  then
    perform audit_private.refuse_archive(
      'WT161', format('another file is noted as %s', coalesce(quote_literal(left(replace_archive.replacement, 200)), 'null')),
      'Or its name, hash, size or time is none.', 'An archived file is never changed: write another one.');
  end if;
  noted := known;
  noted.file_id := gen_random_uuid();
  noted.file := replace_archive.replacement;
  noted.sha256 := replace_archive.sha256;
  noted.bytes := replace_archive.bytes;
  noted.read_at := least(replace_archive.read_at, clock_timestamp());
  noted.noted_at := clock_timestamp();
  noted.noted_by := audit_private.recorded_by();
  noted.is_told := false;
  insert into audit_private.archived_file select noted.*;
  insert into audit_private.archived_part (tenant_id, seal_number, part, file_id, places)
  select p.tenant_id, p.seal_number, p.part, noted.file_id, p.places
  from audit_private.archived_part p
  where p.tenant_id = known.tenant_id and p.file_id = known.file_id;
  perform audit_private.tell_archive(noted);
  perform audit_private.forget_archive(known, 'rewritten', noted.file);
  return true;
end
$$;
comment on function audit.replace_archive(text, uuid, text, text, text, bigint, timestamptz) is
  'notes a file that holds the same events as another one, without what was erased of them since, and that the other one is to '
  'go; true unless it was to go before. The consumer deletes that then. For the one role that the sink names; raises WT037, '
  'WT150, WT160, WT161 and WT163.';
grant execute on function audit.replace_archive(text, uuid, text, text, text, bigint, timestamptz) to audit_shipper;
