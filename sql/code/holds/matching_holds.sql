-- What a hold means, for the wall, whose text is fixed; hold_condition says the same in statements that are made. Neither
-- definer nor pinned, so that it becomes part of the statement that asks; everything is named in full.
create or replace function audit_private.matching_holds(
  tenant_id uuid,
  occurred_at timestamptz,
  id uuid,
  source text,
  action text,
  entity_type text,
  actor_type text,
  outcome text,
  actor_id text,
  entity_id text
)
returns setof uuid
language sql
stable
parallel safe
rows 1
as $$
  select h.hold_id
  from audit_private.legal_hold h
  where h.tenant_id = matching_holds.tenant_id
    and h.released_at is null
    and matching_holds.occurred_at >= h.from_time
    and matching_holds.occurred_at < h.until_time
    and (h.ids is null or matching_holds.id = any (h.ids))
    and (h.sources is null or matching_holds.source = any (h.sources))
    and (h.actions is null or matching_holds.action = any (h.actions))
    and (h.entity_types is null or matching_holds.entity_type = any (h.entity_types))
    and (h.actor_types is null or matching_holds.actor_type = any (h.actor_types))
    and (h.outcomes is null or matching_holds.outcome = any (h.outcomes))
    and (
      h.actor_ids is null
      or matching_holds.actor_id = any (h.actor_ids)
      or matching_holds.actor_id is null and pg_catalog.array_position(h.actor_ids, null) is not null
    )
    and (
      h.entity_ids is null
      or matching_holds.entity_id = any (h.entity_ids)
      or matching_holds.entity_id is null and pg_catalog.array_position(h.entity_ids, null) is not null
    )
    and (
      h.categories is null
      or exists (
        select from audit_private.action a
        where a.action = matching_holds.action and a.category = any (h.categories)
      )
    )
$$;
comment on function audit_private.matching_holds(uuid, timestamptz, uuid, text, text, text, text, text, text, text) is
  'the standing holds that keep an event';
grant execute on function audit_private.matching_holds(uuid, timestamptz, uuid, text, text, text, text, text, text, text)
  to audit_keeper;
