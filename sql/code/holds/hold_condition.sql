-- What matching_holds says, as a condition made for one hold, so that the server sees constants and takes an index for
-- them. In the terms of filter_condition: a hold finds what a search with its filter finds.
create or replace function audit_private.hold_condition(hold audit_private.legal_hold)
returns text
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
  select concat_ws(' and ',
    format('e.tenant_id = %L::uuid and e.occurred_at >= %L::timestamptz and e.occurred_at < %L::timestamptz',
      hold.tenant_id, hold.from_time, hold.until_time),
    case when hold.ids is not null then format('e.id = any (%L::uuid[])', hold.ids) end,
    (
      select string_agg(audit_private.value_condition(c.name, c.chosen), ' and ')
      from (
        values
          ('source', hold.sources),
          ('action', hold.actions),
          ('action', case when hold.categories is not null then array(
            select a.action from audit_private.action a where a.category = any (hold.categories)) end),
          ('entity_type', hold.entity_types),
          ('actor_type', hold.actor_types),
          ('outcome', hold.outcomes),
          ('actor_id', hold.actor_ids),
          ('entity_id', hold.entity_ids)
      ) as c (name, chosen)
      where c.chosen is not null
    ))
$$;
comment on function audit_private.hold_condition(audit_private.legal_hold) is
  'a condition on audit_private.event e: the hold keeps it';
grant execute on function audit_private.hold_condition(audit_private.legal_hold) to audit_finder, audit_keeper;
