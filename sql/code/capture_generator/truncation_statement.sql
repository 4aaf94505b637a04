-- Whose rows a table held is not known once it is empty, so each tenant that logs it is told; one that the context
-- names, where the table itself holds no tenant. The count is the statistics', since counting would read the table.
create or replace function audit_private.truncation_statement(watched audit_private.watched_table)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format(
    E'insert into audit_private.event (\n'
    '      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,\n'
    '      actor_type, outcome, recorded_by, actor_id, description, actor, metadata, ip, user_agent, request_id\n'
    '    )\n'
    '    select d.tenant_id, capture.moment,\n'
    '      audit_private.new_event_id(capture.moment, nextval(''audit_private.event_sequence'')), capture.moment,\n'
    '      currval(''audit_private.event_sequence''), capture.transaction_number, gen_random_uuid(), ''captured'',\n'
    '      %1$L, %2$L, capture.acting_type, ''success'', capture.recorder, capture.acting_id, %3$L, capture.acting,\n'
    '      jsonb_build_object(''rows_estimated'', coalesce(\n'
    '        (select sum(pg_stat_get_live_tuples(p.relid)) from pg_partition_tree(tg_relid) p where p.isleaf),\n'
    '        pg_stat_get_live_tuples(tg_relid))),\n'
    '      capture.ip, capture.user_agent, capture.request_id\n'
    '    from audit_private.logging_decision d\n'
    '    where d.action = %1$L and d.is_logged and d.tenant_id = coalesce(capture.tenant, d.tenant_id)',
    audit_private.capture_action(watched.entity_type, 'TRUNCATE'), watched.entity_type,
    audit_private.entity_title(watched.entity_type) || ': all rows removed')
$$;
comment on function audit_private.truncation_statement(audit_private.watched_table) is
  'SQL of a generated function that logs that a table was emptied';
