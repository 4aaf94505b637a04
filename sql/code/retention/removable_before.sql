-- Expired events can't be seen any more, so it doesn't matter that they go with their partition, which costs next to
-- nothing; only a tenant that wants them gone the same night pays for indexed deletes.
create or replace function audit_private.removable_before(cutoff timestamptz, is_exact boolean, partition_until timestamptz)
returns timestamptz
language sql
immutable
parallel safe
as $$
  select case
    when partition_until <= cutoff then partition_until
    when is_exact then cutoff
    else '-infinity'
  end
$$;
comment on function audit_private.removable_before(timestamptz, boolean, timestamptz) is
  'events of a partition before this time are to be removed, where a cut-off is all that counts';
grant execute on function audit_private.removable_before(timestamptz, boolean, timestamptz) to audit_keeper;
