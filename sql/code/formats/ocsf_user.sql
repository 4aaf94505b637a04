-- OCSF asks for an id or a name. Types of ours that it has no number for are Other, with their code as the name.
create or replace function audit_private.ocsf_user(uid text, name text, kind text)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(
    '{"uid":', pg_catalog.to_json(uid),
    ',"name":' || pg_catalog.to_json(name)::text,
    case
      when kind in ('user', 'account', 'member') then ',"type_id":1,"type":"User"}'
      when kind = 'system' then ',"type_id":3,"type":"System"}'
      else ',"type_id":99,"type":"' || kind || '"}'
    end)
$$;
comment on function audit_private.ocsf_user(text, text, text) is 'an actor or an account as OCSF''s object user';
grant execute on function audit_private.ocsf_user(text, text, text) to audit_keeper;
