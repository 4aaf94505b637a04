-- What a generated function asks first: whose rows these are, and whether they are logged at all. Three small
-- questions cost less than one that joins; with the action off, they are all that happens.
create or replace function audit_private.capture_question(watched audit_private.watched_table)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select audit_private.fill_template(
    case when watched.tenant_column is null then $context$
  select d.tenant_id, d.is_logged
  into capture.tenant, capture.is_logged
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(nullif(current_setting('pgwitness.tenant_id', true), '')::uuid, b.only_tenant_id)
    and d.action = capture.action
  where b.role_name = audit_private.effective_role()
    and (b.is_service or d.tenant_id = any (b.tenant_ids));
  if capture.is_logged is null then
    perform audit_private.refuse_write(null, capture.action, «entity_type»)
    where «touches_rows»;
    return null;
  end if;
$context$
    else $column$
  if tg_op <> 'TRUNCATE' and capture.is_current then
    if tg_op = 'DELETE' then
      select r.«tenant» into capture.tenant from «old_rows» r limit 1;
      capture.is_mixed := exists (select from «old_rows» r where r.«tenant» is distinct from capture.tenant);
    else
      select r.«tenant» into capture.tenant from «new_rows» r limit 1;
      capture.is_mixed := exists (select from «new_rows» r where r.«tenant» is distinct from capture.tenant);
      if tg_op = 'UPDATE' and not capture.is_mixed then
        capture.is_mixed := exists (select from «old_rows» r where r.«tenant» is distinct from capture.tenant);
      end if;
    end if;
    if capture.tenant is null and not capture.is_mixed and «is_empty» then
      return null;
    end if;
    select d.is_logged into capture.is_logged
    from audit_private.logging_decision d
    where d.tenant_id = capture.tenant and d.action = capture.action;
  end if;
$column$
    end || $end$
  if not capture.is_logged and not capture.is_mixed then
    return null;
  end if;
$end$,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'tenant', quote_ident(watched.tenant_column),
      'old_rows', case watched.level when 'row' then '(select old.*)' else 'old_rows' end,
      'new_rows', case watched.level when 'row' then '(select new.*)' else 'new_rows' end,
      'is_empty', case watched.level when 'row' then 'false' else 'not found' end,
      'touches_rows', case watched.level
        when 'row' then 'true'
        else 'case tg_op when ''INSERT'' then exists (select from new_rows) when ''TRUNCATE'' then true '
          'else exists (select from old_rows) end'
      end))
$$;
comment on function audit_private.capture_question(audit_private.watched_table) is
  'PL/pgSQL with which a generated function finds out whose rows these are and whether they are logged';
