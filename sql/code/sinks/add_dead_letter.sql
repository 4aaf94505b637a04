set local role audit_keeper;
-- Only what the sink carries and has given: an id of somebody else's event would let its consumer keep that event from
-- being purged. Told again, it is refused once more, and is no longer to be tried again.
create or replace function audit.add_dead_letter(name text, event_id uuid, occurred_at timestamptz, error text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  taken constant audit_private.sink := audit_private.take_sink(add_dead_letter.name);
begin
  insert into audit_private.dead_letter as d (tenant_id, sink_name, occurred_at, event_id, error)
  select k.tenant_id, taken.sink_name, k.occurred_at, k.id, left(coalesce(add_dead_letter.error, ''), 500)
  from unnest(audit_private.sink_tenants(taken)) as t (tenant_id)
  cross join lateral audit_private.seals_between(
    t.tenant_id, add_dead_letter.occurred_at, add_dead_letter.occurred_at + interval '1 microsecond') s
  join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
    and add_dead_letter.event_id = any (p.ids)
  join audit_private.event k on k.tenant_id = t.tenant_id and k.occurred_at = add_dead_letter.occurred_at
    and k.id = add_dead_letter.event_id
  limit 1
  on conflict on constraint dead_letter_pkey do update
  set refusals = d.refusals + 1, last_refused_at = excluded.first_refused_at, error = excluded.error, retry_number = null;
  if not found then
    raise exception using
      errcode = 'WT155',
      message = format('sink %s has not given event %s of %s', quote_literal(taken.sink_name),
        coalesce(add_dead_letter.event_id::text, 'null'), coalesce(add_dead_letter.occurred_at::text, 'null')),
      detail = 'It is not there, not sealed, or of a tenant whose events the sink does not carry.',
      hint = 'Give event_id and occurred_at of a row of audit.read_sink as they are.';
  end if;
end
$$;
comment on function audit.add_dead_letter(text, uuid, timestamptz, text) is
  'the receiver of a sink refuses an event for good: it is put aside; for the one role that the sink names; raises WT037, WT150, '
  'WT151 and WT155';
grant execute on function audit.add_dead_letter(text, uuid, timestamptz, text) to audit_shipper;
