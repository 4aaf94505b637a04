-- Whose rows a table held is not known once it is empty, so each tenant that logs it is told; one that the context
-- names, where the table itself holds no tenant. The count is the statistics', since counting would read the table.
create or replace function audit_private.truncation_statement(watched audit_private.watched_table, names jsonb)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format(
    E'insert into audit_private.event (\n'
    '    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,\n'
    '    actor_type, outcome, recorded_by, actor_id, description, actor, metadata, ip, user_agent, request_id\n'
    '  )\n'
    '  select q.tenant_id, %1$s, audit_private.new_event_id(%1$s, q.place), %1$s, q.place, %2$s,\n'
    '    gen_random_uuid(), ''captured'', %3$L, %4$L, %5$s, ''success'', %6$s, %7$s,\n'
    '    %8$L, %9$s, jsonb_build_object(''rows_estimated'', coalesce(\n'
    '      (select sum(pg_stat_get_live_tuples(p.relid)) from pg_partition_tree(tg_relid) p where p.isleaf),\n'
    '      pg_stat_get_live_tuples(tg_relid))),\n'
    '    %10$s, %11$s, %12$s\n'
    '  from (\n'
    '    select d.tenant_id, nextval(''audit_private.event_sequence'') as place\n'
    '    from audit_private.logging_decision d\n'
    '    where d.action = %3$L and d.is_logged and %13$s\n'
    '  ) q',
    names ->> 'moment', names ->> 'transaction_number',
    audit_private.capture_action(watched.entity_type, 'TRUNCATE'), watched.entity_type, names ->> 'acting_type',
    names ->> 'recorder', names ->> 'acting_id',
    coalesce(t.titles ->> 'en', (select min(v.value) from jsonb_each_text(t.titles) v)) || ': all rows removed',
    names ->> 'acting', names ->> 'ip', names ->> 'user_agent', names ->> 'request_id',
    case when watched.tenant_column is null then format('d.tenant_id = %s', names ->> 'tenant') else 'true' end)
  from audit_private.entity_type t
  where t.entity_type = watched.entity_type
$$;
comment on function audit_private.truncation_statement(audit_private.watched_table, jsonb) is
  'SQL that logs that a table was emptied';
