-- The log's own categories are kept two years where nobody has set anything: the evidence of who read, and of who
-- silenced what, outlives the rest. Neither definer nor pinned, as policies_in_force.
create or replace function audit_private.floors_in_force(at timestamptz)
returns table (category text, days integer)
language sql
stable
parallel safe
as $$
  select f.category, f.days
  from (
    select c.category, case when r.category is null then case when c.is_mandatory then 730 end else r.days end as days
    from audit_private.category c
    left join lateral (
      select l.category, l.days
      from audit_private.retention_floor l
      where l.category = c.category and l.takes_effect_at <= floors_in_force.at
      order by l.takes_effect_at desc
      limit 1
    ) r on true
  ) f
  where f.days is not null
$$;
comment on function audit_private.floors_in_force(timestamptz) is
  'the categories whose events are kept longer than a policy may say, and how long at least';
grant execute on function audit_private.floors_in_force(timestamptz) to audit_finder, audit_keeper;
