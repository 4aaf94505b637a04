-- For actions defined with when_too_large => 'cut'. Each part may have a sixth of the limit; a larger one
-- gives way to a marker that says how large it was, and long texts end in one.
create or replace function audit_private.cut_payload(
  payload_limit integer,
  inout description text,
  inout actor jsonb,
  inout target jsonb,
  inout changes jsonb,
  inout metadata jsonb,
  inout error_message text
)
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select
    case when octet_length(description) > share.bytes
      then left(description, share.bytes / 5) || format('… [cut: %s bytes]', octet_length(description))
      else description end,
    case when octet_length(actor::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(actor::text)) else actor end,
    case when octet_length(target::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(target::text)) else target end,
    case when octet_length(changes::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(changes::text)) else changes end,
    case when octet_length(metadata::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(metadata::text)) else metadata end,
    case when octet_length(error_message) > share.bytes
      then left(error_message, share.bytes / 5) || format('… [cut: %s bytes]', octet_length(error_message))
      else error_message end
  from (select payload_limit / 6 as bytes) as share
$$;
comment on function audit_private.cut_payload(integer, text, jsonb, jsonb, jsonb, jsonb, text) is
  'the payload with whatever is too large cut and marked';
grant execute on function audit_private.cut_payload(integer, text, jsonb, jsonb, jsonb, jsonb, text) to audit_writer;
