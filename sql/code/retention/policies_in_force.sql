-- Neither definer nor pinned, so that each engine role asks with its own rights and it becomes part of the statement
-- that asks; everything is named in full.
create or replace function audit_private.policies_in_force(at timestamptz)
returns table (tenant_id uuid, days integer, is_exact boolean)
language sql
stable
parallel safe
as $$
  select t.tenant_id,
    case when p.tenant_id is null then 365 else p.days end,
    coalesce(p.is_exact, false)
  from audit_private.tenant t
  left join lateral (
    select r.tenant_id, r.days, r.is_exact
    from audit_private.retention_policy r
    where r.tenant_id = t.tenant_id and r.takes_effect_at <= policies_in_force.at
    order by r.takes_effect_at desc
    limit 1
  ) p on true
$$;
comment on function audit_private.policies_in_force(timestamptz) is
  'each tenant''s retention at a moment: 365 days, removed with their partition, where none was set; days null keeps for ever';
grant execute on function audit_private.policies_in_force(timestamptz) to audit_writer, audit_finder, audit_keeper;
