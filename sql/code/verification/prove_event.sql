create or replace function audit.prove_event(event_id uuid, tenant_id uuid default null)
returns jsonb
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  found record;
begin
  select p.* into found
  from audit.prove_events(array[prove_event.event_id], tenant_id => prove_event.tenant_id) p;
  if found.event_id is null or found.proof is null then
    raise exception using
      errcode = case when found.event_id is null then 'WT044' else 'WT132' end,
      message = case when found.event_id is null then format('there is no event %s', coalesce(prove_event.event_id::text, 'null'))
        else format('event %s can''t be proven', found.event_id) end,
      detail = case when found.event_id is null then 'The tenant has no event of this id.'
        else 'No seal lists it.' end,
      hint = case when found.event_id is null then 'Events are found with audit.search_events.'
        else 'call audit.seal_events(); then, if it still is in none: select * from audit.verify_events();' end;
  end if;
  return found.proof;
end
$$;
comment on function audit.prove_event(uuid, uuid) is
  'What proves an event: its envelope, its groups, its seal and the way from there to the root of the log, as FORMAT.md '
  'lays down. Needs an open access session, and is logged. Raises WT044 and WT132.';
grant execute on function audit.prove_event(uuid, uuid) to audit_reader, audit_admin, audit_privacy, audit_auditor;
