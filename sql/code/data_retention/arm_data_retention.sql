-- Approves what the preview showed: that many rows, and the days of each group as they were then. Armed again, it
-- approves the rows of a run that was stopped, but what waits goes on waiting.
create or replace function audit.arm_data_retention(relation regclass, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(arm_data_retention.reason);
  entry audit_private.data_retention;
  shown audit_private.data_retention_preview;
  problem text;
begin
  perform audit_private.lock_catalogue();
  entry := audit_private.known_data_retention(arm_data_retention.relation);
  problem := audit_private.data_retention_problem(entry);
  if problem is not null then
    perform audit_private.refuse_data_retention(
      format('%s is not as it was declared', entry.relation), problem, 'Mend that, or define it anew.');
  end if;
  if not pg_has_role(audit_private.effective_role(), to_regrole(quote_ident(entry.owner_name)), 'usage') then
    perform audit_private.refuse_data_retention(
      format('role %I may not arm the data retention of %s', audit_private.effective_role(), entry.relation),
      format('Its rows are removed with the rights of the table''s owner, %s.', entry.owner_name),
      format('set role %I; (it needs audit_operator too: grant audit_operator to %1$I;)', entry.owner_name));
  end if;
  select p.* into shown
  from audit_private.data_retention_preview p
  where p.relation = entry.relation and p.previewed_by = audit_private.recorded_by()
    and p.previewed_at between clock_timestamp() - interval '1 hour' and clock_timestamp();
  if not found then
    raise exception using
      errcode = 'WT113',
      message = format('%s was not previewed', entry.relation),
      detail = 'Arming approves what a preview of the same definition showed to the same login within the hour.',
      hint = format('select * from audit.preview_data_purge(relation => %L);', entry.relation);
  end if;
  if entry.armed_at is not null and entry.approved_rows is not distinct from shown.due then
    return false;
  end if;

  if entry.armed_at is null then
    delete from audit_private.data_retention_group g where g.relation = entry.relation;
    delete from audit_private.data_retention_wait w where w.relation = entry.relation;
    insert into audit_private.data_retention_group (relation, group_key, days, took_effect_at)
    select entry.relation, k.item, k.days, clock_timestamp()
    from unnest(shown.group_keys, shown.group_days) as k (item, days);
  end if;
  update audit_private.data_retention d
  set armed_at = coalesce(d.armed_at, clock_timestamp()),
    armed_by = audit_private.recorded_by(),
    approved_rows = shown.due,
    last_complete_at = case when d.armed_at is not null then d.last_complete_at end
  where d.relation = entry.relation;
  delete from audit_private.data_retention_preview p where p.relation = entry.relation;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
    action => 'data_retention_armed'::text,
    entity_type => 'audit_data_retention'::text,
    entity_id => entry.relation,
    description => format('Data retention of %s armed', entry.relation),
    metadata => jsonb_build_object('reason', checked_reason, 'decision', entry.decision, 'approved_rows', shown.due));
  return true;
end
$$;
comment on function audit.arm_data_retention(regclass, text) is
  'lets purge_data remove what is due of a table, after a preview; again, to approve a run that stopped; true when that changed '
  'anything; for the table''s owner, with audit_operator; raises WT021, WT112 and WT113';
grant execute on function audit.arm_data_retention(regclass, text) to audit_operator;
