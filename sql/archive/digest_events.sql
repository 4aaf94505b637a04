-- What an archive must hold, by day: how many events, and the SHA-256 over the sorted SHA-256s of
-- their lines. By day, because one string of all digests might not fit into memory.
select lines.day, count(*) as events,
  encode(sha256(string_agg(lines.digest, ''::bytea order by lines.digest)), 'hex') as digest
from (
  select to_char(event.occurred_at, 'YYYY-MM-DD') as day,
    sha256(convert_to(to_jsonb(event)::text, 'UTF8')) as digest
  from audit_private.event
) lines
group by lines.day
order by lines.day
