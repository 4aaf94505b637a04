-- The settings that change how values of these columns print; each costs every call of a function that pins it, so a
-- table of numbers and texts pins none. In JSON, dates print always alike; in a label they don't.
create or replace function audit_private.printing_settings(relation regclass, label_column text)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(string_agg(s.clause, ' ' order by s.clause), '')
  from (
    values
      ('set timezone = ''UTC'''), ('set datestyle = ''ISO, YMD'''), ('set intervalstyle = ''postgres'''),
      ('set bytea_output = ''hex'''), ('set extra_float_digits = 1'), ('set lc_monetary = ''C'''),
      ('set quote_all_identifiers = off'), ('set xmlbinary = ''base64''')
  ) as s (clause)
  where exists (
    select
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    where a.attrelid = printing_settings.relation and a.attnum > 0 and not a.attisdropped
      and case
        when t.oid = any ('{bool,name,int2,int4,int8,numeric,oid,text,varchar,bpchar,uuid,time,json,jsonb,inet,cidr}'::regtype[]::oid[])
          or t.typtype = 'e' then false
        when t.oid = any ('{date,timestamp}'::regtype[]::oid[]) or t.oid = 'timestamptz'::regtype and s.clause ~ 'datestyle'
          then a.attname = printing_settings.label_column and s.clause ~ 'datestyle'
        when t.oid = any ('{timestamptz,timetz}'::regtype[]::oid[]) then s.clause ~ 'timezone'
        else true
      end
  )
$$;
comment on function audit_private.printing_settings(regclass, text) is 'SET clauses that a generated function needs for a table''s types';
