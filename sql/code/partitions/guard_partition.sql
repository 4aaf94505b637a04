-- What the parent has and a partition doesn't inherit: without these, whoever may read or write the
-- partition would walk around the tenant wall and the append-only triggers. Whatever policies and rights
-- stand there already go first, so that it also mends a partition that somebody has opened.
create or replace function audit_private.guard_partition(partition_name text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  statement text;
begin
  for statement in
    select format('drop policy %I on audit_private.%%1$I', w.polname)
    from pg_policy w
    where w.polrelid = format('audit_private.%I', guard_partition.partition_name)::regclass
    union all
    select distinct format('revoke all on audit_private.%%1$I from %s',
      case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
    from pg_class c
    cross join lateral (
      select e.grantee from aclexplode(c.relacl) e
      union all
      select e.grantee from pg_attribute t cross join lateral aclexplode(t.attacl) e where t.attrelid = c.oid
    ) a
    where c.oid = format('audit_private.%I', guard_partition.partition_name)::regclass
    union all
    select unnest(array[
      'grant all on audit_private.%1$I to audit_owner',
      'alter table audit_private.%1$I enable row level security',
      'alter table audit_private.%1$I force row level security',
      'create policy "Events leave only to their tenant, with a reason" on audit_private.%1$I '
        'for select to audit_owner using (tenant_id = (select audit_private.readable_tenant()) '
        'and (occurred_at >= (select audit_private.readable_since()) or audit_private.is_retained(tenant_id, '
        'occurred_at, id, source, action, entity_type, actor_type, outcome, actor_id, entity_id)))',
      'create policy "The keeper reads what it decides on" on audit_private.%1$I '
        'for select to audit_keeper using (true)',
      'create policy "The keeper removes" on audit_private.%1$I for delete to audit_keeper using (true)',
      'create policy "Backups are complete" on audit_private.%1$I for select to audit_backup using (true)',
      'create or replace trigger event_refuse_change before update or delete or truncate '
        'on audit_private.%1$I for each statement execute function audit_private.refuse_change()',
      'alter table audit_private.%1$I enable always trigger event_refuse_change',
      'revoke insert, update, delete, truncate, references, trigger on audit_private.%1$I from audit_owner',
      'grant select on audit_private.%1$I to audit_backup',
      'grant select, delete, truncate on audit_private.%1$I to audit_keeper'
    ])
  loop
    execute format(statement, guard_partition.partition_name);
  end loop;
end
$$;
comment on function audit_private.guard_partition(text) is
  'gives a partition its own row-level security, policies, triggers and grants, and takes away all others';
