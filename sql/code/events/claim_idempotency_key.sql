set local role audit_writer;
-- The unique key decides between racing repeats: the second waits for the first to commit, then sees its
-- row and returns its event. A key older than a day is taken over. Transactions
-- that log the same keys in another order can deadlock, as with any unique key; PostgreSQL ends one of them.
create or replace function audit_private.claim_idempotency_key(
  tenant_id uuid,
  idempotency_key text,
  event_id uuid,
  content_digest bytea
)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.idempotency_key;
begin
  if claim_idempotency_key.idempotency_key = '' or length(claim_idempotency_key.idempotency_key) > 500 then
    raise exception using
      errcode = 'WT013',
      message = 'the idempotency key is not valid',
      detail = format('It has %s characters.', length(claim_idempotency_key.idempotency_key)),
      hint = 'Use 1 to 500 characters.';
  end if;
  insert into audit_private.idempotency_key as k (tenant_id, idempotency_key, event_id, content_digest)
  values (
    claim_idempotency_key.tenant_id, claim_idempotency_key.idempotency_key,
    claim_idempotency_key.event_id, claim_idempotency_key.content_digest
  )
  on conflict on constraint idempotency_key_pkey do update
  set event_id = excluded.event_id,
    content_digest = excluded.content_digest,
    logged_at = excluded.logged_at
  where k.logged_at < excluded.logged_at - interval '24 hours'
  returning * into known;
  if known.event_id is null then
    select k.* into known
    from audit_private.idempotency_key k
    where k.tenant_id = claim_idempotency_key.tenant_id
      and k.idempotency_key = claim_idempotency_key.idempotency_key;
    if known.content_digest is distinct from claim_idempotency_key.content_digest then
      perform audit_private.refuse_repeat(claim_idempotency_key.idempotency_key);
    end if;
  end if;
  return known.event_id;
end
$$;
comment on function audit_private.claim_idempotency_key(uuid, text, uuid, bytea) is
  'the event that the key stands for: the given one when the key is new or older than a day';
