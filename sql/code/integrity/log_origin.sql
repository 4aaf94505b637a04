create or replace function audit_private.log_origin(epoch integer)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('pgwitness/%s/%s', i.installation_id, log_origin.epoch) from audit_private.instance i
$$;
comment on function audit_private.log_origin(integer) is 'the log''s name in an epoch, as seals and checkpoints carry it';
grant execute on function audit_private.log_origin(integer) to audit_finder;
