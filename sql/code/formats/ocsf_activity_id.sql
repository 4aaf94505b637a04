-- By the action's last word: captured actions end in the first four, catalogues in past tense. What OCSF has no number for
-- is Other, with the action as its name: Account Change has none for a plain update.
create or replace function audit_private.ocsf_activity_id(class_uid integer, action text)
returns integer
language sql
immutable
parallel safe
as $$
  select case class_uid
    when 3001 then case
      when action like '%password_changed' then 3
      when action like '%password_reset' then 4
      when action like '%mfa_enabled' then 10
      when action like '%mfa_disabled' then 11
      else case pg_catalog.split_part(action, '_', -1)
        when 'created' then 1
        when 'updated' then 99
        when 'deleted' then 6
        when 'truncated' then 6
        when 'added' then 1
        when 'registered' then 1
        when 'generated' then 1
        when 'enabled' then 2
        when 'activated' then 2
        when 'disabled' then 5
        when 'deactivated' then 5
        when 'suspended' then 5
        when 'removed' then 6
        when 'locked' then 9
        when 'unlocked' then 12
        else 99
      end
    end
    else case pg_catalog.split_part(action, '_', -1)
      when 'created' then 1
      when 'updated' then 3
      when 'deleted' then 4
      when 'truncated' then 4
      when 'added' then 1
      when 'registered' then 1
      when 'generated' then 1
      when 'uploaded' then 1
      when 'imported' then 1
      when 'placed' then 1
      when 'defined' then 1
      when 'viewed' then 2
      when 'read' then 2
      when 'exported' then 2
      when 'downloaded' then 2
      when 'modified' then 3
      when 'changed' then 3
      when 'set' then 3
      when 'toggled' then 3
      when 'enabled' then 3
      when 'disabled' then 3
      when 'transferred' then 3
      when 'rotated' then 3
      when 'removed' then 4
      when 'dropped' then 4
      when 'erased' then 4
      when 'purged' then 4
      when 'discarded' then 4
      else 99
    end
  end
$$;
comment on function audit_private.ocsf_activity_id(integer, text) is
  'OCSF''s number for what an action does, in Account Change (3001) or API Activity (6003)';
grant execute on function audit_private.ocsf_activity_id(integer, text) to audit_keeper;
