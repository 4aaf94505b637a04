-- The filter is read as everywhere, but only the keys of the envelope and ids may be in it: what is sealed, or kept
-- from erasure by the hold itself, so that what it matches can't change under it. Bare dates are resolved now.
--
-- A purge that is deleting just now is waited for (close_gate): whatever it leaves, the hold keeps.
create or replace function audit.place_hold(name text, filter jsonb, reason text, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(place_hold.tenant_id);
  checked_reason constant text := audit_private.check_reason(place_hold.reason);
  given_name constant text := btrim(place_hold.name);
  payload_keys text;
  standing jsonb;
begin
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  perform audit_private.filter_condition(place_hold.filter);
  select string_agg(quote_ident(k.key), ', ' order by k.key) into payload_keys
  from jsonb_object_keys(place_hold.filter) as k (key)
  where k.key <> all (
    '{action,category,entity_type,entity_id,actor_id,actor_type,outcome,source,id,from,to}'::text[]);
  select h.filter into standing
  from audit_private.legal_hold h
  where h.tenant_id = tenant and h.name = given_name and h.released_at is null;
  if length(given_name) between 1 and 200 is not true or payload_keys is not null or standing <> place_hold.filter then
    raise exception using
      errcode = 'WT111',
      message = format('hold %s can''t be placed', coalesce(quote_literal(given_name), 'null')),
      detail = case
        when payload_keys is not null then 'A hold can''t be decided by: ' || payload_keys
        when standing is not null then format('A hold of this name stands, with the filter %s.', standing)
        else 'A name has 1 to 200 characters.'
      end,
      hint = case
        when payload_keys is not null then 'Use action, category, entity_type, entity_id, actor_id, actor_type, outcome, '
          'source, id, from and to; events found otherwise are held by their ids.'
        else 'Choose another name, or release that hold first: select audit.release_hold(name => …, reason => …);'
      end;
  end if;
  if standing is not null then
    perform audit_private.release_tenant();
    return false;
  end if;

  insert into audit_private.legal_hold (
    tenant_id, name, filter, sources, categories, actions, entity_types, actor_types, outcomes, actor_ids, entity_ids, ids,
    from_time, until_time, reason, placed_by
  )
  select tenant, given_name, f.filter,
    audit_private.filter_values(f.filter, 'source', false),
    audit_private.filter_values(f.filter, 'category', false),
    audit_private.filter_values(f.filter, 'action', false),
    audit_private.filter_values(f.filter, 'entity_type', false),
    audit_private.filter_values(f.filter, 'actor_type', false),
    audit_private.filter_values(f.filter, 'outcome', false),
    audit_private.filter_values(f.filter, 'actor_id', true),
    audit_private.filter_values(f.filter, 'entity_id', true),
    audit_private.filter_values(f.filter, 'id', false)::uuid[],
    coalesce(audit_private.filter_time(f.filter, 'from'), '-infinity'),
    coalesce(audit_private.filter_time(f.filter, 'to'), 'infinity'),
    checked_reason, audit_private.recorded_by()
  from (select place_hold.filter) f;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'hold_placed',
    entity_type => 'audit_hold',
    entity_id => given_name,
    description => format('Legal hold %s placed', given_name),
    metadata => jsonb_build_object('reason', checked_reason, 'filter', place_hold.filter));
  perform audit_private.release_tenant();
  return true;
end
$$;
comment on function audit.place_hold(text, jsonb, text, uuid) is
  'keeps the events that a filter finds, also those to come, from every purge and erasure; true when that changed '
  'anything; for audit_admin; raises WT021, WT040 and WT111';
grant execute on function audit.place_hold(text, jsonb, text, uuid) to audit_admin;
