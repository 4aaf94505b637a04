-- Everything that guard_partition sets, and whatever else could open a partition. Policies are printed as the
-- server prints them, with the partition's own name left out.
create or replace function audit_private.guard_digest(partition_name text)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select encode(sha256(convert_to(jsonb_build_array(
    c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity,
    array(select a::text from unnest(c.relacl) as a order by a::text collate "C"),
    array(
      select format('%s %s', t.attname, t.attacl)
      from pg_attribute t
      where t.attrelid = c.oid and t.attacl is not null
      order by t.attnum
    ),
    array(
      select audit_private.policy_text(w) from pg_policy w where w.polrelid = c.oid order by w.polname
    ),
    array(
      select format('%s %s %s %s %s', g.tgname, g.tgfoid::regprocedure, g.tgtype, g.tgenabled, g.tgqual)
      from pg_trigger g
      where g.tgrelid = c.oid and not g.tgisinternal
      order by g.tgname
    ),
    array(select r.rulename from pg_rewrite r where r.ev_class = c.oid order by r.rulename)
  )::text, 'UTF8')), 'hex')
  from pg_class c
  where c.relnamespace = 'audit_private'::regnamespace and c.relname = guard_digest.partition_name
$$;
comment on function audit_private.guard_digest(text) is 'digest of a partition''s owner, row-level security, policies, rights and triggers';
