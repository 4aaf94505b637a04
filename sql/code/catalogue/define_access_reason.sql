create or replace function audit.define_access_reason(
  access_reason text,
  titles jsonb,
  descriptions jsonb default '{}'
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.check_definition(
    define_access_reason.access_reason, define_access_reason.titles, define_access_reason.descriptions, false);
  insert into audit_private.access_reason as known (access_reason, titles, descriptions)
  values (define_access_reason.access_reason, define_access_reason.titles, define_access_reason.descriptions)
  on conflict on constraint access_reason_pkey do update
  set titles = excluded.titles, descriptions = excluded.descriptions
  where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('access reason', define_access_reason.access_reason, jsonb_build_object(
    'titles', define_access_reason.titles, 'descriptions', define_access_reason.descriptions));
  return true;
end
$$;
comment on function audit.define_access_reason(text, jsonb, jsonb) is
  'defines or redefines a reason for which the log may be read; true when that changed anything; for audit_operator';
grant execute on function audit.define_access_reason(text, jsonb, jsonb) to audit_operator;
