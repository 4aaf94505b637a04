-- The body of the trigger function of one table. The OID in it is no identity, only the place where has_columns has
-- its answer ready; where the table has another one, after a restore, the answer is computed anew each time.
--
-- In its order: an apply worker captures nothing; nothing happens to rows whose action is off; what can't be logged is
-- refused; the actor is resolved as in log_event. All variables are qualified, since a table may have columns of
-- any name. No EXCEPTION block unless the table may spool, since it costs a subtransaction.
create or replace function audit_private.capture_function(watched audit_private.watched_table, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  with names as (
    select audit_private.request_names() || jsonb_build_object(
      'moment', 'capture.moment', 'transaction_number', 'capture.transaction_number',
      'acting_id', 'capture.acting_id', 'acting_type', 'capture.acting_type', 'acting', 'capture.acting',
      'recorder', 'capture.recorder', 'tenant', 'capture.tenant',
      'old_rows', case watched.level when 'row' then '(select old.*)' else 'old_rows' end,
      'new_rows', case watched.level when 'row' then '(select new.*)' else 'new_rows' end) as names
  )
  select audit_private.fill_template($template$<<capture>>
declare
  moment constant timestamptz := clock_timestamp();
  action constant text := case tg_op
    when 'INSERT' then «created» when 'UPDATE' then «updated» when 'DELETE' then «deleted» else «truncated» end;
  relation constant oid := «relation»;
  is_current boolean;
  is_mixed boolean := false;
  is_logged boolean;
  transaction_number bigint;
  events_until timestamptz;
  recorder text;
  tenant uuid;
  acting_id text;
  acting_type text;
  acting jsonb;
  failure text;
begin
  if current_setting('session_replication_role') = 'replica' then
    if audit_private.is_apply_worker() then
      return null;
    end if;
  end if;
«begin»
  capture.is_current := case capture.relation
    when «oid» then audit_private.has_columns('«oid»'::regclass, «digest»)
    else audit_private.has_columns(capture.relation::regclass, «digest»)
  end;
«question»
  select b.transaction_offset + txid_current(), b.events_until, b.recorder
  into capture.transaction_number, capture.events_until, capture.recorder
  from audit_private.role_binding b
  where b.role_name = session_user;
  if not found then
    select i.transaction_offset + txid_current(), i.events_until, audit_private.recorded_by()
    into capture.transaction_number, capture.events_until, capture.recorder
    from audit_private.instance i;
  elsif current_setting('role') <> 'none' then
    capture.recorder := audit_private.recorded_by();
  end if;
  if capture.moment < capture.events_until is not true then
    perform audit_private.refuse_capture(capture.tenant, capture.action, «entity_type», null, capture.moment);
  end if;

  capture.acting_id := nullif(current_setting('pgwitness.actor_id', true), '');
  capture.acting_type := nullif(current_setting('pgwitness.actor_type', true), '');
  capture.acting := nullif(current_setting('pgwitness.actor', true), '')::jsonb;
  if capture.acting_id is not null or capture.acting_type is not null or capture.acting is not null then
    if not pg_has_role(audit_private.effective_role(), 'audit_app', 'usage') then
      capture.acting_id := null;
      capture.acting_type := null;
      capture.acting := null;
    elsif capture.acting_type not in ('user', 'system', 'api_key', 'database_role')
      or jsonb_typeof(capture.acting) <> 'object'
      or length(capture.acting_id) > 500
    then
      perform audit_private.refuse_actor(capture.acting_type, capture.acting);
    elsif length(capture.acting::text) > 10000 then
      capture.acting := jsonb_build_object('_cut', octet_length(capture.acting::text));
    end if;
  end if;
  if capture.acting_type is null then
    capture.acting_type := case
      when capture.acting_id is null and capture.acting is null then 'database_role' else 'user' end;
  end if;
  if capture.acting_id is null and capture.acting_type = 'database_role' then
    capture.acting_id := audit_private.effective_role();
  end if;

  if tg_op = 'TRUNCATE' then
    «truncate»;
  elsif capture.is_mixed or capture.is_current is not true or capture.is_logged is null then
    execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'careful', capture.is_current)
    using «values»;
  elsif tg_op = 'INSERT' then
    «insert»;
  elsif tg_op = 'DELETE' then
    «delete»;
  else
    «update»;
    if current_setting('pgwitness.moved', true) = 'yes' then
      perform set_config('pgwitness.moved', '', true);
      execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'moved', true)
      using «values»;
    end if;
  end if;
«exception»
  return null;
end
$template$,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'created', quote_literal(audit_private.capture_action(watched.entity_type, 'INSERT')),
      'updated', quote_literal(audit_private.capture_action(watched.entity_type, 'UPDATE')),
      'deleted', quote_literal(audit_private.capture_action(watched.entity_type, 'DELETE')),
      'truncated', quote_literal(audit_private.capture_action(watched.entity_type, 'TRUNCATE')),
      'relation', case
        when (select c.relkind = 'p' from pg_class c where c.oid = relation)
          then 'coalesce(pg_partition_root(tg_relid), tg_relid)'
        else 'tg_relid'
      end,
      'oid', relation::oid,
      'digest', quote_literal(audit_private.columns_digest(relation)),
      'question', audit_private.capture_question(watched),
      'truncate', audit_private.truncation_statement(watched, n.names),
      'insert', audit_private.capture_statement(watched, relation, 'INSERT', 'plain', n.names),
      'delete', audit_private.capture_statement(watched, relation, 'DELETE', 'plain', n.names),
      'update', audit_private.capture_statement(watched, relation, 'UPDATE', 'plain', n.names),
      'values', audit_private.rare_values(watched),
      'begin', case watched.on_error when 'spool' then 'begin' else '' end,
      'exception', case watched.on_error when 'spool' then audit_private.spool_handler(watched) else '' end))
  from names n
$$;
comment on function audit_private.capture_function(audit_private.watched_table, regclass) is
  'the body of the trigger function that captures a table''s changes';
