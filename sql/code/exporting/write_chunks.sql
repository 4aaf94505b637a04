set local role audit_keeper;
-- Outside the tenant wall, since the job has no access session; what it finds it writes where only read_export gives it
-- out, behind the wall, and what it returns holds no event. By spans of partitions, newest first, as a search does; what
-- is found in one is a chunk, made and stored in one statement, so that its content is copied as seldom as can be; textsend
-- gives its bytes without checking once more that they are UTF-8.
--
-- A chunk ends early when its events are large, and counting how far it comes takes a tenth of the time. So where events
-- have been small, all are taken uncounted first, but for lines so large that memory might not hold as many of them; where
-- one was left out, or the chunk has become too large, nothing is stored, and they are counted.
--
-- glibc gives memory of this size back after every chunk and asks for it anew, page by page, which takes a seventh of the
-- time, unless as large a piece has been freed before: 32 MB is the most that it keeps. Elsewhere that does no harm.
create or replace function audit_private.write_chunks(
  tenant_id uuid,
  export_id uuid,
  after_chunk integer,
  format text,
  condition text,
  spans tstzrange[],
  place_occurred_at timestamptz,
  place_id uuid,
  most integer,
  are_small boolean,
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
set client_encoding = 'UTF8'
set default_toast_compression = 'pglz'
as $$
declare
  bytes_allowed constant integer := 8388608;
  bytes_kept constant integer := 33000000;
  line_end constant text := case write_chunks.format when 'csv' then E'\r\n' else E'\n' end;
  head text := case when write_chunks.format = 'csv' and write_chunks.after_chunk = 0 then (
    select string_agg(c.name, ',' order by c.place) from audit_private.export_columns('csv') c
  ) end || line_end;
  number integer := write_chunks.after_chunk;
  span tstzrange;
  is_counted boolean;
  chunk_rows integer;
  chunk_bytes integer;
  chunk_occurred_at timestamptz;
  chunk_id uuid;
begin
  rows := 0;
  bytes := 0;
  is_last := true;
  if exists (
    select from pg_settings s where s.name = 'default_toast_compression' and 'lz4' = any (s.enumvals)
  ) then
    perform set_config('default_toast_compression', 'lz4', true);
  end if;
  foreach span in array write_chunks.spans loop
    continue when lower(span) > write_chunks.place_occurred_at;
    foreach is_counted in array case when write_chunks.are_small then '{f,t}' else '{t}' end::boolean[] loop
      execute pg_catalog.format(
        'with line as (
          select e.occurred_at, e.id, textsend(%1$s || $5) as line
          from (
            select e.*,
              (select jsonb_object_agg(a.action, a.category) from audit_private.action a) ->> e.action as category,
              audit_private.search_text_v1(e.description, e.actor, e.target, e.metadata) as search_text,
              audit_private.search_text_v1(e.actor_id, e.actor, null, null) as actor_text
            from audit_private.event e
          ) e
          where e.tenant_id = $1
            and e.occurred_at >= %2$L::timestamptz
            and e.occurred_at < %3$L::timestamptz
            and %4$s
            %5$s
          order by e.occurred_at desc, e.id desc
          limit %6$s
        ),
        sized as (
          select l.*, %8$s as before
          from line l
        )
        insert into audit_private.export_chunk as c (
          tenant_id, export_id, number, rows, bytes, last_occurred_at, last_id, content, digest
        )
        select $1, $2, $3, n.rows, octet_length(n.content), n.last_occurred_at, n.last_id, n.content,
          encode(sha256(n.content), ''hex'')
        from (
          select count(*) as rows, min(s.occurred_at) as last_occurred_at, (array_agg(s.id))[count(*)] as last_id,
            case when $4 is null then string_agg(%9$s, '''') else textsend($4) || string_agg(%9$s, '''') end as content
          from sized s
          where coalesce(s.before, 0) < %7$s
          having count(*) > 0 and %10$s
        ) n
        returning c.rows, c.bytes, c.last_occurred_at, c.last_id',
        audit_private.export_line(write_chunks.format), lower(span), upper(span), write_chunks.condition,
        case when write_chunks.place_id is not null then pg_catalog.format(
          'and e.occurred_at <= %1$L::timestamptz and (e.occurred_at, e.id) < (%1$L::timestamptz, %2$L::uuid)',
          write_chunks.place_occurred_at, write_chunks.place_id) end,
        write_chunks.most - rows, bytes_allowed - bytes,
        case when is_counted then
          'sum(octet_length(l.line)) over (
            order by l.occurred_at desc, l.id desc rows between unbounded preceding and 1 preceding)'
          else '0' end,
        case when is_counted then 's.line' else 'case when octet_length(s.line) <= 4096 then s.line end' end,
        case when is_counted then 'true' else pg_catalog.format(
          'max(octet_length(s.line)) <= 4096 and sum(octet_length(s.line)) <= %s',
          bytes_allowed - bytes) end)
      into chunk_rows, chunk_bytes, chunk_occurred_at, chunk_id
      using write_chunks.tenant_id, write_chunks.export_id, number + 1, head, line_end;
      exit when chunk_rows is not null;
    end loop;
    continue when chunk_rows is null;
    number := number + 1;
    head := null;
    rows := rows + chunk_rows;
    bytes := bytes + chunk_bytes;
    last_occurred_at := chunk_occurred_at;
    last_id := chunk_id;
    is_last := rows < write_chunks.most and bytes < bytes_allowed;
    exit when not is_last;
  end loop;
  if write_chunks.after_chunk = 0 and not is_last then
    perform octet_length(repeat('x', bytes_kept));
  end if;
  if head is not null then
    bytes := octet_length(head);
    insert into audit_private.export_chunk (tenant_id, export_id, number, rows, bytes, content, digest)
    values (
      write_chunks.tenant_id, write_chunks.export_id, 1, 0, bytes, convert_to(head, 'UTF8'),
      encode(sha256(convert_to(head, 'UTF8')), 'hex'));
  end if;
end
$$;
comment on function audit_private.write_chunks(
  uuid, uuid, integer, text, text, tstzrange[], timestamptz, uuid, integer, boolean
) is 'writes the next events that an export holds, after a place, as chunks of it';
grant execute on function audit_private.write_chunks(
  uuid, uuid, integer, text, text, tstzrange[], timestamptz, uuid, integer, boolean
) to audit_owner;
