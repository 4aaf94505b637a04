-- A cursor is a place in the log of this epoch, in a tenant's backlog, or among what is tried again. One of another epoch
-- may name seals that a restore has taken back.
create or replace function audit_private.read_sink_cursor(
  cursor text,
  out mode text,
  out tenant_id uuid,
  out log_index bigint,
  out place integer
)
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  parts constant text[] := regexp_match(
    read_sink_cursor.cursor, '^(log|retry|backlog:([0-9a-f-]{36})):([0-9]{1,9}):([0-9]{1,18}):([0-9]{1,9})$');
begin
  if parts is null
    or not exists (
      select
      from audit_private.sealing s
      where s.epoch = parts[3]::integer
        and (parts[1] = 'retry' or (parts[4]::bigint, parts[5]::integer) <= (s.log_size, 0))
    )
  then
    raise exception using
      errcode = 'WT152',
      message = format('%s is no cursor of this log', coalesce(quote_literal(left(read_sink_cursor.cursor, 100)), 'null')),
      detail = 'It is a row''s column cursor of audit.read_sink; it ends with a restore, and when a standby takes over.',
      hint = 'Read again without it: select * from audit.read_sink(name => …);';
  end if;
  mode := parts[1];
  tenant_id := parts[2];
  log_index := parts[4];
  place := parts[5];
end
$$;
comment on function audit_private.read_sink_cursor(text) is 'what a cursor of a sink says; raises WT152';
grant execute on function audit_private.read_sink_cursor(text) to audit_keeper;
