create or replace function audit_private.finish_data_retention(relation regclass)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  entry audit_private.data_retention;
begin
  select d.* into entry from audit_private.data_retention d where audit_private.relation_named(d.relation) = finish_data_retention.relation;
  if not found or not pg_has_role(audit_private.effective_role(), to_regrole(quote_ident(entry.owner_name)), 'usage') then
    perform audit_private.refuse_data_retention(
      format('role %I may not finish this declaration', audit_private.effective_role()),
      'It is a step of audit.define_data_retention.',
      'select audit.define_data_retention(relation => …);');
  end if;
  execute format('revoke create on schema audit_data from %I', entry.owner_name);
  update audit_private.data_retention d
  set objects_digest = audit_private.data_objects_digest(entry.object_name, entry.owner_name)
  where d.relation = entry.relation and d.objects_digest is null
  returning d.objects_digest into entry.objects_digest;
  if entry.objects_digest is null or (
    select count(*) from pg_proc p
    where p.pronamespace = 'audit_data'::regnamespace
      and (p.proname = 'review_of_' || entry.object_name
          and p.prosrc = audit_private.data_review_body(entry, finish_data_retention.relation)
        or p.proname = 'purge_of_' || entry.object_name
          and p.prosrc = audit_private.data_purge_body(entry, finish_data_retention.relation))
  ) <> 2 then
    perform audit_private.refuse_data_retention(
      format('the view and functions of %s are not those that were generated', entry.relation),
      'They are made by audit.define_data_retention alone.',
      'select audit.define_data_retention(relation => …);');
  end if;
end
$$;
comment on function audit_private.finish_data_retention(regclass) is
  'notes the view and functions that the owner made, and takes back the right to make them';
grant execute on function audit_private.finish_data_retention(regclass) to audit_operator;
