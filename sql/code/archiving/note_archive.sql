set local role audit_keeper;
-- The database can't look into the file; that the consumer has is its word. What it says is held against the lists of the
-- seals, so that no file stands for events that aren't there, and the file's hash is sealed with the event that tells of it.
-- A purge that is deleting just now is waited for (close_gate), since what it keeps depends on this.
create or replace function audit.note_archive(
  name text,
  tenant_id uuid,
  file text,
  event_ids uuid[],
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
set jit = off
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$
declare
  taken audit_private.sink;
  known audit_private.archived_file;
  noted audit_private.archived_file;
begin
  perform audit_private.pass_gate();
  taken := audit_private.archivable_sink(note_archive.name);
  perform audit_private.take_sink(taken.sink_name);
  select f.* into known
  from audit_private.archived_file f
  where f.tenant_id = note_archive.tenant_id and f.sink_name = taken.sink_name
    and f.address = taken.options ->> 'url' and f.file = note_archive.file;
  if known.sha256 = note_archive.sha256 and known.removed_at is null then
    return false;
  elsif known.file_id is not null then
    perform audit_private.refuse_archive(
      'WT161', format('another file is noted as %s', quote_literal(known.file)),
      format('Its SHA-256 is %s, noted %s.', known.sha256, known.noted_at),
      'An archived file is never changed: write another one.');
  end if;

  select note_archive.tenant_id, gen_random_uuid(), taken.sink_name, taken.options ->> 'url', note_archive.file,
    min(p.occurred_at)::date, count(*), note_archive.bytes, note_archive.sha256, min(p.occurred_at), max(p.occurred_at),
    '{}'::text[], least(note_archive.read_at, clock_timestamp()), clock_timestamp(), audit_private.recorded_by(),
    false, null, null, null
  into noted
  from audit_private.sealed_places(note_archive.tenant_id, note_archive.event_ids) p;
  if noted.rows is distinct from cardinality(note_archive.event_ids)
    or noted.rows not between 1 and 10000
    or noted.day <> noted.last_at::date
    or length(note_archive.file) between 1 and 1000 is not true
    or note_archive.sha256 ~ '^[0-9a-f]{64}$' is not true
    or note_archive.bytes > 0 is not true
    or note_archive.read_at is null
    or not exists (
      select from audit_private.sink_approval a
      where a.tenant_id = note_archive.tenant_id and a.sink_name = taken.sink_name
    )
  then
    perform audit_private.refuse_archive(
      'WT160', 'this file can''t be noted',
      format('%s events were given, of which seals list %s, from %s to %s.',
        coalesce(cardinality(note_archive.event_ids), 0), noted.rows, noted.first_at, noted.last_at),
      'A file holds 1 to 10000 sealed events of one tenant and one day in UTC; read the batch again.');
  end if;
  execute format(
    'select array_agg(distinct e.action order by e.action)
    from unnest($1) as i (id)
    join audit_private.event e
      on e.tenant_id = %L::uuid and e.occurred_at = audit_private.event_time(i.id) and e.id = i.id
    where e.occurred_at between %L::timestamptz and %L::timestamptz',
    note_archive.tenant_id, noted.first_at, noted.last_at)
  into noted.actions
  using note_archive.event_ids;

  insert into audit_private.archived_file select noted.*;
  insert into audit_private.archived_part (tenant_id, seal_number, part, file_id, places)
  select note_archive.tenant_id, p.seal_number, p.part, noted.file_id, (
      select string_agg(case when g.place = any (p.places) then '1' else '0' end, '' order by g.place)::bit(1024)
      from generate_series(1, 1024) as g (place)
    )
  from (
    select k.seal_number, k.part, array_agg(k.place) as places
    from audit_private.sealed_places(note_archive.tenant_id, note_archive.event_ids) k
    group by k.seal_number, k.part
  ) p;
  perform audit_private.tell_archive(noted);
  return true;
end
$$;
comment on function audit.note_archive(text, uuid, text, uuid[], text, bigint, timestamptz) is
  'notes a file that a sink of kind parquet has written, read back and found right: what events it holds, its hash and when '
  'they were read; true unless it was noted before. For the one role that the sink names; raises WT037, WT150, WT151, WT160 and '
  'WT161.';
grant execute on function audit.note_archive(text, uuid, text, uuid[], text, bigint, timestamptz) to audit_shipper;
