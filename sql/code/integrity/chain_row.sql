create or replace view audit_private.chain_row as
select null::uuid as tenant_id, null::text as name, null::bigint as seal_number, null::bigint as log_index,
  null::integer as epoch, null::timestamptz as sealed_at, null::bigint as event_count, null::bigint as running_count,
  null::timestamptz as first_at, null::timestamptz as last_at, null::text as seal_hash
where false;
comment on view audit_private.chain_row is 'row type of audit.list_seals; holds no rows';
