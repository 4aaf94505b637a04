-- An erasure is told of for as long as the log is: neither its reason nor who asks for it may be what is erased. Not
-- even a digest is kept, since an identifier is guessed from one soon enough.
--
-- Whoever imports into the tenant or places a hold in it takes the lock of its row, too: they are waited for before the
-- search begins, and wait until the erasure has committed.
create or replace function audit_private.begin_erasure(
  tenant_id uuid,
  kind text,
  reason text,
  names text[] default '{}',
  patterns text[] default '{}'
)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(begin_erasure.reason);
  caller record;
  begun uuid;
begin
  perform audit_private.require_writable();
  perform audit_private.require_read_committed();
  if checked_reason ilike any (begin_erasure.patterns) then
    perform audit_private.refuse_erasure(
      'The reason holds what is to be erased, and is kept.',
      'Name the request instead, such as: reason => ''Request 2026-114 for erasure, approved by the DPO''.');
  end if;
  select a.*, concat_ws(E'\n', audit_private.texts_within(a.actor), current_setting('pgwitness.ip', true),
    current_setting('pgwitness.user_agent', true), current_setting('pgwitness.request_id', true)) as texts
  into caller
  from audit_private.current_actor() a;
  if lower(caller.actor_id) = any (begin_erasure.names) or caller.texts ilike any (begin_erasure.patterns) then
    perform audit_private.refuse_erasure(
      'The context holds what is to be erased, and the event of the erasure is told with it.',
      'Nobody erases themselves: somebody else has to, or the context has to be set without it.');
  end if;
  perform from audit_private.tenant t where t.tenant_id = begin_erasure.tenant_id for no key update;
  insert into audit_private.erasure (tenant_id, kind, reason, requested_by)
  values (begin_erasure.tenant_id, begin_erasure.kind, checked_reason, audit_private.recorded_by())
  returning erasure_id into begun;
  return begun;
end
$$;
comment on function audit_private.begin_erasure(uuid, text, text, text[], text[]) is
  'notes an erasure and gives its id; raises WT021, WT036, WT037 and WT140';
