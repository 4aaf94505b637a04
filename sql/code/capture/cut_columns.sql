-- Reached only by large rows. A captured change can't be stored elsewhere by its caller, so it is never refused for
-- its size: the largest columns give way to their size and digest until the rest fits the limit.
create or replace function audit_private.cut_columns(columns jsonb)
returns jsonb
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(s.name, case
    when s.bytes_so_far <= limits.value::integer then s.content
    else jsonb_build_object(
      'withheld', 'too large',
      'bytes', octet_length(s.content #>> '{}'),
      'sha256', encode(sha256(convert_to(s.content #>> '{}', 'UTF8')), 'hex'))
  end)
  from (
    select c.key as name, c.value as content,
      sum(octet_length(c.value::text) + octet_length(c.key)) over (order by octet_length(c.value::text), c.key) as bytes_so_far
    from jsonb_each(cut_columns.columns) c
  ) s
  join audit_private.option limits on limits.name = 'payload_limit_bytes'
$$;
comment on function audit_private.cut_columns(jsonb) is
  'a row or its changes with the largest columns withheld, so that an event keeps to the option payload_limit_bytes';
grant execute on function audit_private.cut_columns(jsonb) to audit_writer;
