-- From both sides of the moment: the snapshot of the row's last beginning, or else of its next end, then for each
-- column the latest value that a change has set before, or else the one that the next change replaced. So a row that
-- is older than its watching shows the columns that have changed since.
create or replace function audit.get_row_at(
  relation regclass,
  entity_id text,
  at timestamptz,
  tenant_id uuid default null
)
returns jsonb
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  tenant constant uuid := audit_private.require_tenant(get_row_at.tenant_id);
  session constant audit_private.access_session := audit_private.require_access(tenant);
  known constant text := audit_private.require_watched(get_row_at.relation);
  id constant text := audit_private.captured_entity_id(get_row_at.entity_id);
  stood jsonb;
begin
  with told as materialized (
    select c.*, c.occurred_at <= get_row_at.at as is_past,
      count(*) filter (where c.is_start or c.is_end) over (order by c.sequence desc) as turns_to_come
    from audit_private.row_changes(tenant, known, id) c
  ),
  history as materialized (
    select t.*, case
      when t.is_start then 2 * min(t.sequence) over (partition by t.transaction_id, t.turns_to_come) - 1
      else 2 * t.sequence
    end as place
    from told t
  ),
  last_turn as (
    select * from history h where h.is_past and (h.is_start or h.is_end) order by h.place desc limit 1
  ),
  next_turn as (
    select * from history h where not h.is_past and (h.is_start or h.is_end) order by h.place limit 1
  ),
  change as materialized (
    select h.place, h.transaction_id, h.is_past, c.key, c.value,
      case when audit_private.is_withheld(c.value) then c.value else c.value -> 'old' end as old_value,
      case when audit_private.is_withheld(c.value) then c.value else c.value -> 'new' end as new_value
    from history h
    cross join jsonb_each(h.changes) c
  ),
  later as (
    select distinct on (c.key) c.key, c.old_value as value
    from change c
    where not c.is_past and c.place < coalesce((select n.place from next_turn n), c.place + 1)
      and not exists (select from last_turn)
    order by c.key, c.transaction_id,
      (c.transaction_id, c.key, c.old_value) in (select o.transaction_id, o.key, o.new_value from change o), c.place
  ),
  earlier as (
    select distinct on (c.key) c.key, c.new_value as value
    from change c
    where c.is_past and c.place > coalesce((select l.place from last_turn l), c.place - 1)
    order by c.key, c.transaction_id desc,
      (c.transaction_id, c.key, c.new_value) in (select o.transaction_id, o.key, o.old_value from change o), c.place desc
  )
  select case
    when not l.is_end or l.place is null and n.is_start is not true then nullif(
      coalesce(l.target, n.target, '{}')
      || coalesce((select jsonb_object_agg(v.key, v.value) from later v), '{}')
      || coalesce((select jsonb_object_agg(v.key, v.value) from earlier v), '{}'),
      '{}')
  end
  into stood
  from (select) as one
  left join last_turn l on true
  left join next_turn n on true;

  perform audit_private.record_read(
    session => session,
    route => 'row',
    filter => jsonb_build_object('entity_type', known, 'entity_id', id, 'at', get_row_at.at),
    rows => (stood is not null)::integer
  );
  perform audit_private.release_tenant();
  return stood;
end
$$;
comment on function audit.get_row_at(regclass, text, timestamptz, uuid) is
  'a row as it stood, rebuilt from the log: column to value, null when there was none. Of a row that is older than its '
  'watching, the columns that are known. Needs an open access session, and is logged. Raises WT091.';
grant execute on function audit.get_row_at(regclass, text, timestamptz, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;

create or replace function audit.get_row_at(
  relation regclass,
  entity_id uuid,
  at timestamptz,
  tenant_id uuid default null
)
returns jsonb
language sql
volatile
parallel unsafe
as $$
  select audit.get_row_at(relation, entity_id::text, at, tenant_id)
$$;
comment on function audit.get_row_at(regclass, uuid, timestamptz, uuid) is 'the same for a key of type uuid';
grant execute on function audit.get_row_at(regclass, uuid, timestamptz, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;

create or replace function audit.get_row_at(
  relation regclass,
  entity_id bigint,
  at timestamptz,
  tenant_id uuid default null
)
returns jsonb
language sql
volatile
parallel unsafe
as $$
  select audit.get_row_at(relation, entity_id::text, at, tenant_id)
$$;
comment on function audit.get_row_at(regclass, bigint, timestamptz, uuid) is 'the same for a key of an integer type';
grant execute on function audit.get_row_at(regclass, bigint, timestamptz, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
