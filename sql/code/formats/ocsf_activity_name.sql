-- One argument, used once: else it wouldn't inline.
create or replace function audit_private.ocsf_activity_name(type_uid integer)
returns text
language sql
immutable
parallel safe
as $$
  select case type_uid
    when 300101 then 'Create'
    when 300102 then 'Enable'
    when 300103 then 'Password Change'
    when 300104 then 'Password Reset'
    when 300105 then 'Disable'
    when 300106 then 'Delete'
    when 300109 then 'Lock'
    when 300110 then 'MFA Factor Enable'
    when 300111 then 'MFA Factor Disable'
    when 300112 then 'Unlock'
    when 600301 then 'Create'
    when 600302 then 'Read'
    when 600303 then 'Update'
    when 600304 then 'Delete'
    else 'Other'
  end
$$;
comment on function audit_private.ocsf_activity_name(integer) is 'OCSF''s name for an activity of its class';
grant execute on function audit_private.ocsf_activity_name(integer) to audit_keeper;
