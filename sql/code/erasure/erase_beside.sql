-- What the log keeps beside its events: sessions, exports, holds, reasons and error texts. A hold that stands keeps its
-- words, since they are what it keeps events by; release_hold takes them then. A text that names the person goes as a
-- whole. What belongs to no tenant (the jobs' error texts, floors, service roles) is the installation's, and goes when
-- an erasure is called for its tenant, the nil uuid: one tenant's privacy officer changes nothing of another's.
-- Names of database roles stay everywhere, as in an event's envelope.
create or replace function audit_private.erase_beside(
  tenant_id uuid,
  names text[],
  pseudonyms text[],
  patterns text[]
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  blank constant text := '[erased]';
begin
  update audit_private.access_session s
  set actor_id = coalesce(
      erase_beside.pseudonyms[array_position(erase_beside.names, lower(s.actor_id))], s.actor_id),
    justification = case when s.justification ilike any (erase_beside.patterns) then blank else s.justification end,
    last_read = case when s.last_read ilike any (erase_beside.patterns) then null else s.last_read end
  where s.tenant_id = erase_beside.tenant_id
    and (
      lower(s.actor_id) = any (erase_beside.names)
      or s.justification ilike any (erase_beside.patterns)
      or s.last_read ilike any (erase_beside.patterns)
    );
  update audit_private.export x
  set actor_id = coalesce(
      erase_beside.pseudonyms[array_position(erase_beside.names, lower(x.actor_id))], x.actor_id),
    error = case when x.error ilike any (erase_beside.patterns) then blank else x.error end
  where x.tenant_id = erase_beside.tenant_id
    and (lower(x.actor_id) = any (erase_beside.names) or x.error ilike any (erase_beside.patterns));

  update audit_private.legal_hold h
  set awaiting_erasure = array(
      select unnest(h.awaiting_erasure)
      union
      select w.name
      from (
        values
          ('name', h.name ilike any (erase_beside.patterns)),
          ('filter', audit_private.is_naming(h.filter, erase_beside.names, erase_beside.patterns)),
          ('reason', h.reason ilike any (erase_beside.patterns)),
          ('release_reason', h.release_reason ilike any (erase_beside.patterns))
      ) as w (name, is_naming)
      where w.is_naming
      order by 1
    )
  where h.tenant_id = erase_beside.tenant_id
    and (
      concat_ws(E'\n', h.name, h.reason, h.release_reason) ilike any (erase_beside.patterns)
      or audit_private.is_naming(h.filter, erase_beside.names, erase_beside.patterns)
    );
  perform audit_private.cut_holds(erase_beside.tenant_id);

  update audit_private.retention_policy p
  set reason = blank
  where p.tenant_id = erase_beside.tenant_id and p.reason ilike any (erase_beside.patterns);
  update audit_private.hot_policy h
  set reason = blank
  where h.tenant_id = erase_beside.tenant_id and h.reason ilike any (erase_beside.patterns);
  update audit_private.sink_approval a
  set reason = blank
  where a.tenant_id = erase_beside.tenant_id and a.reason ilike any (erase_beside.patterns);
  update audit_private.dead_letter d
  set error = blank
  where d.tenant_id = erase_beside.tenant_id and d.error ilike any (erase_beside.patterns);
  update audit_private.sink s
  set error = blank
  where s.error ilike any (erase_beside.patterns)
    and erase_beside.tenant_id = any (audit_private.sink_tenants(s));
  update audit_private.erasure x
  set reason = blank
  where x.tenant_id = erase_beside.tenant_id and x.reason ilike any (erase_beside.patterns);
  update audit_private.job_run r
  set detail = replace(r.detail, t.error, blank)
  from audit_private.data_purge_receipt t
  where t.tenant_id = erase_beside.tenant_id
    and t.error ilike any (erase_beside.patterns)
    and r.run_id = t.run_id
    and r.result <> 'running';
  update audit_private.data_purge_receipt t
  set error = blank
  where t.tenant_id = erase_beside.tenant_id and t.error ilike any (erase_beside.patterns);
  if erase_beside.tenant_id = '00000000-0000-0000-0000-000000000000' then
    update audit_private.job_run r
    set detail = blank
    where r.result <> 'running' and r.detail ilike any (erase_beside.patterns);
    update audit_private.retention_floor f
    set reason = blank
    where f.reason ilike any (erase_beside.patterns);
    update audit_private.service_grant g
    set reason = blank
    where g.reason ilike any (erase_beside.patterns);
    update audit_private.epoch e
    set accept_reason = blank
    where e.accept_reason ilike any (erase_beside.patterns);
  end if;
end
$$;
comment on function audit_private.erase_beside(uuid, text[], text[], text[]) is
  'takes what names a person out of all that the log keeps of a tenant beside its events';
