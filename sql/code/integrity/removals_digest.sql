set local role audit_finder;
-- Sealed with the event that tells of the purge, so that nobody can explain a missing event afterwards.
create or replace function audit_private.removals_digest(tenant_id uuid, run_id uuid)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select encode(sha256(convert_to(coalesce(string_agg(r.line, '' order by r.first_seal, r.part), ''), 'UTF8')), 'hex')
  from (
    select s.first_seal, -1 as part, format(E'%s-%s %s\n', s.first_seal, s.last_seal, s.removed) as line
    from audit_private.seal_removal s
    where s.tenant_id = removals_digest.tenant_id and s.run_id = removals_digest.run_id
    union all
    select p.seal_number, p.part, format(E'%s/%s %s %s\n', p.seal_number, p.part, p.removed, p.places)
    from audit_private.part_removal p
    where p.tenant_id = removals_digest.tenant_id and p.run_id = removals_digest.run_id
  ) r
$$;
comment on function audit_private.removals_digest(uuid, uuid) is
  'SHA-256 in hexadecimal of all that a purge noted of what it took out of a tenant''s seals';
grant execute on function audit_private.removals_digest(uuid, uuid) to audit_keeper;
