-- Whatever keeps a change from being logged, the write goes on and the change is kept. Of the error only our own
-- messages are, since others may quote a value. Rows that can't even be read again leave a line without them.
create or replace function audit_private.spool_handler(watched audit_private.watched_table)
returns text
language sql
immutable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.fill_template($template$
exception when others then
  capture.failure := sqlstate || case when sqlstate ~ '^WT' then ' ' || sqlerrm else '' end;
  capture.moment := coalesce(capture.moment, clock_timestamp());
  capture.recorder := coalesce(capture.recorder, audit_private.recorded_by());
«tenant»  select a.actor_id, a.actor_type, a.actor into capture.acting_id, capture.acting_type, capture.acting
  from audit_private.spool_actor() a;
  perform audit_private.warn_of_spooling(«entity_type», capture.failure);
  begin
    execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'spooled', capture.is_altered is not true)
    using «values»;
  exception when others then
    insert into audit_private.capture_spool (
      tenant_id, spooled_at, entity_type, action, actor_id, actor_type, actor, recorded_by, is_whole, error
    )
    values (
      capture.tenant, capture.moment, «entity_type», audit_private.capture_action(«entity_type», tg_op),
      capture.acting_id, capture.acting_type, capture.acting, capture.recorder, false, capture.failure
    );
  end;
end;
$template$,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'values', audit_private.rare_values(watched),
      'tenant', case
        when watched.tenant_column is null
          then E'  capture.tenant := coalesce(capture.tenant, audit_private.visible_tenant());\n'
        else ''
      end))
$$;
comment on function audit_private.spool_handler(audit_private.watched_table) is
  'PL/pgSQL with which a generated function keeps what could not be logged';
