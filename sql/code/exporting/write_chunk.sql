set local role audit_keeper;
-- Outside the tenant wall, since the job has no access session; what it finds it writes where only read_export gives it
-- out, behind the wall, and what it returns holds no event. By windows of partitions, newest first, as a search does. A
-- chunk ends early when its events are large. Lines are put together in the order in which they come, and never sorted.
create or replace function audit_private.write_chunk(
  tenant_id uuid,
  export_id uuid,
  number integer,
  format text,
  condition text,
  from_time timestamptz,
  until_time timestamptz,
  place_occurred_at timestamptz,
  place_id uuid,
  most integer,
  out rows bigint,
  out bytes bigint,
  out last_occurred_at timestamptz,
  out last_id uuid,
  out is_last boolean
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB'
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$
declare
  bytes_allowed constant integer := 8388608;
  span record;
  found_rows bigint;
  found_lines text;
  is_cut boolean;
  place_at timestamptz;
  place uuid;
  lines text := '';
  content bytea;
begin
  rows := 0;
  bytes := 0;
  is_last := true;
  if write_chunk.place_id is null and write_chunk.format = 'csv' then
    lines := (select string_agg(c.name, ',' order by c.place) || E'\n' from audit_private.export_columns('csv') c);
  end if;
  for span in
    select w.*
    from audit_private.event_windows(
      write_chunk.from_time,
      least(write_chunk.until_time, write_chunk.place_occurred_at + interval '1 microsecond')) w
  loop
    execute pg_catalog.format(
      'with line as (
        select e.occurred_at, e.id, %s as line
        from (
          select e.*, a.category,
            audit_private.search_text_v1(e.description, e.actor, e.target, e.metadata) as search_text,
            audit_private.search_text_v1(e.actor_id, e.actor, null, null) as actor_text
          from audit_private.event e
          left join audit_private.action a on a.action = e.action
        ) e
        where e.tenant_id = %L::uuid
          and e.occurred_at >= %L::timestamptz
          and e.occurred_at < %L::timestamptz
          and %s
          %s
        order by e.occurred_at desc, e.id desc
        limit %s
      ),
      sized as (
        select l.*, count(*) over () as found,
          sum(octet_length(l.line)) over (
            order by l.occurred_at desc, l.id desc rows between unbounded preceding and 1 preceding) as before
        from line l
        order by l.occurred_at desc, l.id desc
      )
      select count(*) as rows, min(s.found) > count(*) as is_cut,
        string_agg(s.line, '''') as lines,
        min(s.occurred_at) as last_occurred_at, (array_agg(s.id))[count(*)] as last_id
      from sized s
      where coalesce(s.before, 0) < %s',
      audit_private.export_line(write_chunk.format), write_chunk.tenant_id, span.window_from, span.window_until,
      write_chunk.condition,
      case when write_chunk.place_id is not null then pg_catalog.format(
        'and e.occurred_at <= %1$L::timestamptz and (e.occurred_at, e.id) < (%1$L::timestamptz, %2$L::uuid)',
        write_chunk.place_occurred_at, write_chunk.place_id) end,
      write_chunk.most - rows, bytes_allowed - octet_length(lines))
    into found_rows, is_cut, found_lines, place_at, place;
    continue when found_rows = 0;
    rows := rows + found_rows;
    lines := lines || found_lines;
    last_occurred_at := place_at;
    last_id := place;
    is_last := not is_cut and rows < write_chunk.most and octet_length(lines) < bytes_allowed;
    exit when not is_last;
  end loop;
  if lines = '' then
    return;
  end if;

  content := convert_to(lines, 'UTF8');
  bytes := octet_length(content);
  insert into audit_private.export_chunk (tenant_id, export_id, number, rows, content, digest)
  values (
    write_chunk.tenant_id, write_chunk.export_id, write_chunk.number, rows, content, encode(sha256(content), 'hex'));
end
$$;
comment on function audit_private.write_chunk(
  uuid, uuid, integer, text, text, timestamptz, timestamptz, timestamptz, uuid, integer
) is 'writes the next events that an export holds, after a place, as one chunk of it';
grant execute on function audit_private.write_chunk(
  uuid, uuid, integer, text, text, timestamptz, timestamptz, timestamptz, uuid, integer
) to audit_owner;
