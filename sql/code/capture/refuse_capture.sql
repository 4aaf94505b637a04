set local role audit_writer;
-- Reached only when a row's change can't be logged, which the row's own write then can't survive. Returns boolean so
-- that it can stand in a WHERE clause; always raises.
create or replace function audit_private.refuse_capture(
  tenant_id uuid,
  action text,
  entity_type text,
  entity_id text,
  occurred_at timestamptz default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  place constant text := format('%s %s', refuse_capture.entity_type, refuse_capture.entity_id);
begin
  if refuse_capture.occurred_at is not null then
    raise exception using
      errcode = 'WT016',
      message = format('%s: there is no partition for %s', place, refuse_capture.occurred_at),
      detail = 'The table is watched, and its change could not be logged.',
      hint = 'An operator may call: call audit.maintain_partitions();';
  end if;
  if refuse_capture.tenant_id is null then
    raise exception using
      errcode = 'WT001',
      message = format('%s has no tenant', place),
      detail = 'The table is watched with a column that holds the tenant, and it is null in this row.',
      hint = 'Give the row its tenant, or watch the table with another tenant_column.';
  end if;
  return audit_private.refuse_codes(
    refuse_capture.tenant_id, refuse_capture.action, refuse_capture.entity_type, place);
end
$$;
comment on function audit_private.refuse_capture(uuid, text, text, text, timestamptz) is
  'raises WT001, WT003, WT010, WT012 or WT016: why a row''s change can''t be logged';
