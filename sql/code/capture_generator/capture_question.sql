-- What a generated function asks first: whose rows these are, and whether they are logged. With the action off, this is
-- all that happens. is_plain means that all rows are of one tenant for whom the toggles have an answer; where there is
-- no row or no answer it stays null.
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
  select d.tenant_id, d.is_logged, d.payload_limit, capture.is_altered is not true
  into capture.tenant, capture.is_logged, capture.payload_limit, capture.is_plain
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(nullif(current_setting('pgwitness.tenant_id', true), '')::uuid, b.only_tenant_id)
    and d.action = «entity_type» || case tg_op
      when 'INSERT' then '_created' when 'UPDATE' then '_updated' when 'DELETE' then '_deleted' else '_truncated' end
  where b.role_name = audit_private.effective_role()
    and (b.is_service or d.tenant_id = any (b.tenant_ids));
  if not capture.is_logged then
    return null;
  end if;
$context$
    else $column$
  if tg_op = 'INSERT' and capture.is_altered is not true then
    «ask» «one_new»
    «of» «first_new» and d.action = «created»;
  elsif tg_op = 'UPDATE' and capture.is_altered is not true then
    «ask» «one_new» and «one_old»
    «of» «first_new» and d.action = «updated»;
  elsif tg_op = 'DELETE' and capture.is_altered is not true then
    «ask» «one_old»
    «of» «first_old» and d.action = «deleted»;
  end if;
  if capture.is_plain and not capture.is_logged then
    return null;
  end if;
$column$
    end,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'created', quote_literal(audit_private.capture_action(watched.entity_type, 'INSERT')),
      'updated', quote_literal(audit_private.capture_action(watched.entity_type, 'UPDATE')),
      'deleted', quote_literal(audit_private.capture_action(watched.entity_type, 'DELETE')),
      'ask', 'select d.tenant_id, d.is_logged, d.payload_limit,',
      'of', 'into capture.tenant, capture.is_logged, capture.payload_limit, capture.is_plain
    from audit_private.logging_decision d
    where d.tenant_id =',
      'first_new', format(t.first_row, 'new', quote_ident(watched.tenant_column)),
      'first_old', format(t.first_row, 'old', quote_ident(watched.tenant_column)),
      'one_new', format(t.is_one, 'new', quote_ident(watched.tenant_column)),
      'one_old', format(t.is_one, 'old', quote_ident(watched.tenant_column))))
  from (
    select
      case watched.level when 'row' then '%s.%s' else '(select r.%2$s from %1$s_rows r limit 1)' end as first_row,
      case watched.level
        when 'row' then '%s.%s is not distinct from d.tenant_id'
        else 'not exists (select from %1$s_rows r where r.%2$s is distinct from d.tenant_id)'
      end as is_one
  ) t
$$;
comment on function audit_private.capture_question(audit_private.watched_table) is
  'PL/pgSQL with which a generated function finds out whose rows these are and whether they are logged';
