-- The body of the trigger function of one table. The OID in it is no identity, only the place where has_columns has
-- its answer ready; where the table has another one, after a restore, the answer is computed anew each time.
--
-- In its order: an apply worker captures nothing; nothing happens to rows whose action is off; what can't be logged is
-- refused; the actor is resolved as in log_event. All variables are qualified, since a table may have columns of
-- any name; the context is read by one expression, because each has its price in every transaction. No EXCEPTION
-- block unless the table may spool, since it costs a subtransaction.
create or replace function audit_private.capture_function(watched audit_private.watched_table, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select audit_private.fill_template($template$<<capture>>
declare
  moment constant timestamptz := clock_timestamp();
  action constant text := case tg_op
    when 'INSERT' then «created» when 'UPDATE' then «updated» when 'DELETE' then «deleted» else «truncated» end;
  context text[];
  is_current boolean;
  is_mixed boolean«not_mixed»;
  is_logged boolean;
  payload_limit integer;
  transaction_number bigint;
  events_until timestamptz;
  recorder text;
  tenant uuid;
  acting_id text;
  acting_type text := 'database_role';
  acting jsonb;
  failure text;
begin
  if current_setting('session_replication_role') = 'replica' then
    if audit_private.is_apply_worker() then
      return null;
    end if;
  end if;
«begin»
  capture.is_current := case «relation»
    when «oid» then audit_private.has_columns('«oid»'::regclass, «digest», true)
    else audit_private.has_columns(«relation»::regclass, «restored_digest», false)
  end;
«question»
  if capture.recorder is null or capture.moment < capture.events_until is not true or current_setting('role') <> 'none' then
    capture.recorder := audit_private.recorded_by();
    if capture.transaction_number is null then
      select i.transaction_offset + txid_current(), i.events_until
      into capture.transaction_number, capture.events_until
      from audit_private.instance i;
    end if;
    if capture.moment < capture.events_until is not true then
      perform audit_private.refuse_capture(capture.tenant, capture.action, «entity_type», null, capture.moment);
    end if;
  end if;

  capture.context := array[
    current_setting('pgwitness.actor_id', true), current_setting('pgwitness.actor_type', true),
    current_setting('pgwitness.actor', true), current_setting('pgwitness.ip', true),
    current_setting('pgwitness.user_agent', true), current_setting('pgwitness.request_id', true)];
  if coalesce(nullif(capture.context[1], ''), nullif(capture.context[2], ''), nullif(capture.context[3], '')) is null
    or not pg_has_role(audit_private.effective_role(), 'audit_app', 'usage')
  then
    capture.acting_id := audit_private.effective_role();
  else
    capture.acting_id := nullif(capture.context[1], '');
    capture.acting := nullif(capture.context[3], '')::jsonb;
    capture.acting_type := coalesce(nullif(capture.context[2], ''), 'user');
    if capture.acting_type not in ('user', 'system', 'api_key', 'database_role')
      or jsonb_typeof(capture.acting) <> 'object'
      or length(capture.acting_id) > 500
    then
      perform audit_private.refuse_actor(capture.acting_type, capture.acting);
    elsif length(capture.context[3]) > 10000 then
      capture.acting := jsonb_build_object('_cut', octet_length(capture.context[3]));
    elsif capture.acting_type = 'database_role' and capture.acting_id is null then
      capture.acting_id := audit_private.effective_role();
    end if;
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
      'not_mixed', case when watched.tenant_column is null then ' := false' else '' end,
      'relation', case
        when (select c.relkind = 'p' from pg_class c where c.oid = relation)
          then 'coalesce(pg_partition_root(tg_relid)::oid, tg_relid)'
        else 'tg_relid'
      end,
      'oid', relation::oid,
      'digest', quote_literal(audit_private.columns_digest(relation, true)),
      'restored_digest', quote_literal(audit_private.columns_digest(relation, false)),
      'question', audit_private.capture_question(watched),
      'truncate', audit_private.truncation_statement(watched),
      'insert', audit_private.plain_statement(watched, relation, 'INSERT'),
      'delete', audit_private.plain_statement(watched, relation, 'DELETE'),
      'update', audit_private.plain_statement(watched, relation, 'UPDATE'),
      'values', audit_private.rare_values(watched),
      'begin', case watched.on_error when 'spool' then 'begin' else '' end,
      'exception', case watched.on_error when 'spool' then audit_private.spool_handler(watched) else '' end))
$$;
comment on function audit_private.capture_function(audit_private.watched_table, regclass) is
  'the body of the trigger function that captures a table''s changes';
