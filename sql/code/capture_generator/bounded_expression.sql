-- Whether a row could exceed the payload's limit is told by the sizes of its long columns, which PostgreSQL knows without
-- reading them; a compressed value may be of any. Rather too often than not: cut_columns measures what it is given.
create or replace function audit_private.bounded_expression(
  watched audit_private.watched_table,
  relation regclass,
  aliases text[],
  content text
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select case
    when count(*) = 0 then bounded_expression.content
    else format('case when 0::bigint + %s > capture.payload_limit / 4 then audit_private.cut_columns(%s) else %2$s end',
      string_agg(
        format(
          case
            when a.atttypid = any ('{text,varchar,bpchar,bytea}'::regtype[]::oid[]) then 'coalesce(octet_length(%1$s.%2$I), 0)'
            else 'coalesce(length(pg_column_compression(%1$s.%2$I)) * 100000000, pg_column_size(%1$s.%2$I), 0)'
          end,
          alias, a.attname),
        ' + '),
      bounded_expression.content)
  end
  from audit_private.capture_columns(bounded_expression.watched, bounded_expression.relation) c
  join pg_attribute a on a.attrelid = bounded_expression.relation and a.attname = c.name
  cross join unnest(bounded_expression.aliases) as alias
  where c.treatment = 'value' and a.attlen = -1 and a.atttypmod not between 0 and 1000
    and a.atttypid <> all ('{numeric,inet,cidr}'::regtype[]::oid[])
$$;
comment on function audit_private.bounded_expression(audit_private.watched_table, regclass, text[], text) is
  'SQL that gives a snapshot or changes, cut where they exceed the payload''s limit';
