-- The body of the trigger function of one table. The OID in it is no identity, only the place where has_columns has
-- its answer ready; where the table has another one, after a restore, the answer is computed anew each time.
--
-- In its order: nothing happens to rows whose action is off; an apply worker captures nothing; what can't be logged is
-- refused; the actor is resolved as in log_event. All variables are qualified, since a table may have columns of
-- any name. Each expression has its price in every transaction, so what is usual is asked at once: the binding is
-- found only for a login that has one, has set no role and no session_replication_role, and has a partition to write
-- to; a context counts only where it isn't empty. No EXCEPTION block unless the table may spool, since it costs a
-- subtransaction.
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
  is_altered boolean;
  is_plain boolean;
  is_logged boolean;
  payload_limit integer;
  tenant uuid;
  moment timestamptz;
  id_prefix text;
  transaction_number bigint;
  recorder text;
  acting_id text;
  acting_type text;
  acting jsonb;
  context text[];
  ip inet;
  user_agent text;
  request_id text;
  failure text;
begin
«begin»
  if «relation» <> «oid» or not audit_private.has_columns('«oid»'::regclass, «digest», true) then
    capture.is_altered := «relation» = «oid» or not audit_private.has_columns(«relation»::regclass, «restored_digest», false);
  end if;
«question»
  capture.moment := clock_timestamp();
  select audit_private.event_id_prefix(capture.moment), b.transaction_offset + txid_current(), b.recorder,
    b.role_name::text, 'database_role'
  into capture.id_prefix, capture.transaction_number, capture.recorder, capture.acting_id, capture.acting_type
  from audit_private.role_binding b
  where b.role_name = session_user
    and b.events_until > case
      when capture.is_plain and current_setting('role') = 'none' and current_setting('session_replication_role') <> 'replica'
        then capture.moment
    end;
  if not found then
    if current_setting('session_replication_role') = 'replica' and audit_private.is_apply_worker() then
      return null;
    end if;
    if tg_op = 'DELETE' then
      if not exists (select from «old_rows» r) then
        return null;
      end if;
    elsif tg_op <> 'TRUNCATE' then
      if not exists (select from «new_rows» r) then
        return null;
      end if;
    end if;
«unbound»
    capture.recorder := audit_private.recorded_by();
    capture.acting_id := audit_private.effective_role();
    capture.acting_type := 'database_role';
    select audit_private.event_id_prefix(capture.moment), i.transaction_offset + txid_current()
    into capture.id_prefix, capture.transaction_number
    from audit_private.instance i
    where capture.moment < i.events_until;
    if not found then
      perform audit_private.refuse_capture(
        capture.tenant, audit_private.capture_action(«entity_type», tg_op), «entity_type», null, capture.moment);
    end if;
  end if;

  capture.context := array[
    current_setting('pgwitness.actor_id', true), current_setting('pgwitness.actor_type', true),
    current_setting('pgwitness.actor', true), current_setting('pgwitness.ip', true),
    current_setting('pgwitness.user_agent', true), current_setting('pgwitness.request_id', true)];
  if array_to_string(capture.context, '') <> '' then
    capture.ip := nullif(capture.context[4], '')::inet;
    capture.user_agent := left(nullif(capture.context[5], ''), 1000);
    capture.request_id := left(nullif(capture.context[6], ''), 500);
    if array_to_string(capture.context[1:3], '') <> '' and pg_has_role(audit_private.effective_role(), 'audit_app', 'usage') then
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
  end if;

  if tg_op = 'INSERT' and capture.is_plain then
    «insert»;
  elsif tg_op = 'UPDATE' and capture.is_plain then
«update»
    if current_setting('pgwitness.moved', true) = 'yes' then
      perform set_config('pgwitness.moved', '', true);
      execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'moved', true)
      using «values»;
    end if;
  elsif tg_op = 'DELETE' and capture.is_plain then
    «delete»;
  elsif tg_op = 'TRUNCATE' then
    «truncate»;
  else
    execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'careful', capture.is_altered is not true)
    using «values»;
  end if;
«exception»
  return null;
end
$template$,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'relation', case
        when (select c.relkind = 'p' from pg_class c where c.oid = relation)
          then 'coalesce(pg_partition_root(tg_relid)::oid, tg_relid)'
        else 'tg_relid'
      end,
      'oid', relation::oid,
      'digest', quote_literal(audit_private.columns_digest(relation, true)),
      'restored_digest', quote_literal(audit_private.columns_digest(relation, false)),
      'question', audit_private.capture_question(watched),
      'old_rows', case watched.level when 'row' then '(select old.*)' else 'old_rows' end,
      'new_rows', case watched.level when 'row' then '(select new.*)' else 'new_rows' end,
      'unbound', case
        when watched.tenant_column is null then format(
          E'    if capture.tenant is null then\n'
          '      perform audit_private.refuse_write(null, audit_private.capture_action(%1$L, tg_op), %1$L);\n'
          '    end if;\n',
          watched.entity_type)
        else ''
      end,
      'truncate', audit_private.truncation_statement(watched),
      'insert', audit_private.plain_statement(watched, relation, 'INSERT'),
      'delete', audit_private.plain_statement(watched, relation, 'DELETE'),
      'update', case watched.level
        when 'row' then format('    %s;', audit_private.plain_statement(watched, relation, 'UPDATE', true))
        else format(
          E'    if exists (select from new_rows r offset 1) then\n    %s;\n    else\n    %s;\n    end if;',
          audit_private.plain_statement(watched, relation, 'UPDATE'),
          audit_private.plain_statement(watched, relation, 'UPDATE', true))
      end,
      'values', audit_private.rare_values(watched),
      'begin', case watched.on_error when 'spool' then 'begin' else '' end,
      'exception', case watched.on_error when 'spool' then audit_private.spool_handler(watched) else '' end))
$$;
comment on function audit_private.capture_function(audit_private.watched_table, regclass) is
  'the body of the trigger function that captures a table''s changes';
