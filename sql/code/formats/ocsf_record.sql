create or replace function audit_private.ocsf_record(e audit_private.delivered_event, options jsonb)
returns text
language sql
stable
parallel safe
as $$
  select case
    when e.entity_type = any (pg_catalog.string_to_array(
      coalesce(options ->> 'account_entity_types', 'user,account,member,group,role'), ','))
    then pg_catalog.concat(
      audit_private.ocsf_event(
        e, 3001, 'Account Change', '"category_uid":3,"category_name":"Identity & Access Management"'),
      ',"user":', audit_private.ocsf_user(coalesce(e.entity_id, 'unknown'), e.target ->> 'name', e.entity_type), '}')
    else pg_catalog.concat(
      audit_private.ocsf_event(e, 6003, 'API Activity', '"category_uid":6,"category_name":"Application Activity"'),
      ',"api":{"operation":"', e.action,
      '"},"resources":[{"type":"', e.entity_type, '"',
      ',"name":' || pg_catalog.to_json(e.target ->> 'name')::text,
      ',"uid":', pg_catalog.to_json(coalesce(e.entity_id, 'unknown')), '}]}')
  end
$$;
comment on function audit_private.ocsf_record(audit_private.delivered_event, jsonb) is
  'an event of OCSF 1.5.0: Account Change for types of accounts, API Activity for others';
grant execute on function audit_private.ocsf_record(audit_private.delivered_event, jsonb) to audit_keeper;
