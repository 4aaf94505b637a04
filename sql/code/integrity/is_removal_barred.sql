-- Asked by everything that removes: after a restore nobody knows which holds and policies were lost with it. A server that
-- takes over from a restored one doesn't make up for that.
create or replace function audit_private.is_removal_barred()
returns boolean
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
      select from audit_private.epoch e
      where e.kind in ('dump_restored', 'point_in_time') and e.accepted_at is null
    )
    or exists (select from audit_private.sealing s where not s.is_caught_up)
    or coalesce((audit_private.current_epoch()).kind in ('dump_restored', 'point_in_time'), false)
$$;
comment on function audit_private.is_removal_barred() is
  'whether the log was restored and nobody has accepted that yet';
grant execute on function audit_private.is_removal_barred() to audit_keeper, audit_finder;
