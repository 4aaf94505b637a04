-- What a generated function asks first, in one statement: whose rows these are, whether they are logged, and what the
-- event will need. With the action off, this is all that happens.
create or replace function audit_private.capture_question(watched audit_private.watched_table)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  with rows as (
    select case watched.level when 'row' then '(select old.*)' else 'old_rows' end as old_rows,
      case watched.level when 'row' then '(select new.*)' else 'new_rows' end as new_rows
  )
  select audit_private.fill_template(
    case when watched.tenant_column is null then $context$
  select d.tenant_id, d.is_logged, d.payload_limit, b.transaction_offset + txid_current(), b.events_until, b.recorder
  into capture.tenant, capture.is_logged, capture.payload_limit, capture.transaction_number, capture.events_until,
    capture.recorder
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(nullif(current_setting('pgwitness.tenant_id', true), '')::uuid, b.only_tenant_id)
    and d.action = capture.action
  where b.role_name = audit_private.effective_role()
    and (b.is_service or d.tenant_id = any (b.tenant_ids));
  if not found then
    if tg_op = 'TRUNCATE' then
      perform audit_private.refuse_write(null, capture.action, «entity_type»);
    elsif tg_op = 'INSERT' then
      perform audit_private.refuse_write(null, capture.action, «entity_type») where exists (select from «new_rows» r);
    else
      perform audit_private.refuse_write(null, capture.action, «entity_type») where exists (select from «old_rows» r);
    end if;
    return null;
  end if;
$context$
    else $column$
  if tg_op = 'TRUNCATE' or not capture.is_current then
    capture.is_mixed := true;
  elsif tg_op = 'INSERT' then
    «ask» exists (select from «new_rows» x where x.«tenant» is distinct from r.«tenant»)
    «into» «new_rows» «join»;
  elsif tg_op = 'DELETE' then
    «ask» exists (select from «old_rows» x where x.«tenant» is distinct from r.«tenant»)
    «into» «old_rows» «join»;
  else
    «ask» exists (select from «new_rows» x where x.«tenant» is distinct from r.«tenant»)
      or exists (select from «old_rows» x where x.«tenant» is distinct from r.«tenant»)
    «into» «new_rows» «join»;
  end if;
  if capture.is_mixed is null then
    return null;
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
      'old_rows', rows.old_rows,
      'new_rows', rows.new_rows,
      'ask', 'select r.' || quote_ident(watched.tenant_column)
        || ', d.is_logged, d.payload_limit, b.transaction_offset + txid_current(), b.events_until, b.recorder,
     ',
      'into', 'into capture.tenant, capture.is_logged, capture.payload_limit, capture.transaction_number,
      capture.events_until, capture.recorder, capture.is_mixed
    from',
      'join', 'r
    left join audit_private.logging_decision d on d.tenant_id = r.' || quote_ident(watched.tenant_column)
        || ' and d.action = capture.action
    left join audit_private.role_binding b on b.role_name = session_user
    limit 1'))
  from rows
$$;
comment on function audit_private.capture_question(audit_private.watched_table) is
  'PL/pgSQL with which a generated function finds out whose rows these are and whether they are logged';
