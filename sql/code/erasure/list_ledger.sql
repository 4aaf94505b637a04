-- What has to survive outside the database, line by line as FORMAT.md lays down, without anybody's name: after an older
-- backup was restored it tells what was erased, held and decided since. The filter of a hold is told by its digest, that of one
-- that was cut not even by that.
create or replace function audit.list_ledger()
returns setof jsonb
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
  select l.line
  from (
    select 1 as place, x.erased_at as moment, x.event_id as id, jsonb_build_object(
      'kind', 'erasure', 'tenant_id', x.tenant_id, 'erasure_id', x.erasure_id, 'erased_at', x.erased_at,
      'event_id', x.event_id, 'groups', x.groups) as line
    from audit_private.erased_event x
    union all
    select 2, h.placed_at, h.hold_id, jsonb_build_object(
      'kind', 'hold', 'tenant_id', h.tenant_id, 'hold_id', h.hold_id, 'placed_at', h.placed_at,
      'released_at', h.released_at,
      'digest', case when h.filter <> '{"erased": true}' then
        encode(sha256(convert_to(h.filter::text, 'UTF8')), 'hex') end)
    from audit_private.legal_hold h
    union all
    select 3, p.set_at, p.tenant_id, jsonb_build_object(
      'kind', 'retention', 'tenant_id', p.tenant_id, 'takes_effect_at', p.takes_effect_at, 'set_at', p.set_at,
      'days', p.days, 'is_exact', p.is_exact)
    from audit_private.retention_policy p
  ) l
  order by l.place, l.moment, l.id
$$;
comment on function audit.list_ledger() is
  'erasures, holds and retention policies of every tenant as lines of the ledger, oldest first, no names in them; for '
  'audit_operator and audit_auditor';
grant execute on function audit.list_ledger() to audit_operator, audit_auditor;
