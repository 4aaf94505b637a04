create or replace function audit_private.policy_text(policy pg_catalog.pg_policy)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_array(
    policy.polname, policy.polcmd, policy.polpermissive,
    array(select r::regrole::text from unnest(policy.polroles) as r order by 1),
    pg_get_expr(policy.polqual, policy.polrelid), pg_get_expr(policy.polwithcheck, policy.polrelid)
  )::text
$$;
comment on function audit_private.policy_text(pg_catalog.pg_policy) is 'what a policy says, to whom and for what';
