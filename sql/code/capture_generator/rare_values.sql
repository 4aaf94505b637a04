-- In the order of the places that rare_statement writes.
create or replace function audit_private.rare_values(watched audit_private.watched_table)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select 'capture.moment, capture.transaction_number, capture.acting_id, capture.acting_type, capture.acting,
      capture.recorder, capture.tenant, capture.failure, capture.ip, capture.user_agent, capture.request_id'
    || case watched.level when 'row' then ', old, new' else '' end
$$;
comment on function audit_private.rare_values(audit_private.watched_table) is
  'the values that a generated function hands to a statement of rare_statement';
