set local role audit_keeper;
-- The other part of the wall, for events past their tenant's cut-off: a floor or a hold may still keep them. As the
-- keeper, whom no wall of another table stops; a boolean is all that leaves.
create or replace function audit_private.is_retained(
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
returns boolean
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select is_retained.occurred_at >= audit_private.retention_cutoff(is_retained.tenant_id)
    or is_retained.occurred_at >= (
      select statement_timestamp() - f.days * interval '24 hours'
      from audit_private.action a
      join audit_private.floors_in_force(statement_timestamp()) f on f.category = a.category
      where a.action = is_retained.action
    )
    or exists (
      select
      from audit_private.matching_holds(
        is_retained.tenant_id, is_retained.occurred_at, is_retained.id, is_retained.source, is_retained.action,
        is_retained.entity_type, is_retained.actor_type, is_retained.outcome, is_retained.actor_id,
        is_retained.entity_id)
    )
$$;
comment on function audit_private.is_retained(uuid, timestamptz, uuid, text, text, text, text, text, text, text) is
  'whether an event may still be seen: by its tenant''s policy, its category''s floor or a hold';
grant execute on function audit_private.is_retained(uuid, timestamptz, uuid, text, text, text, text, text, text, text)
  to audit_owner, audit_finder, audit_reader, audit_admin, audit_privacy, audit_auditor;
