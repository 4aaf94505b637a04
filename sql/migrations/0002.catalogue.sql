-- depends: 0001.instance
-- The vocabulary of the log. Nothing refers to these rows by a foreign key: they are retired, never
-- deleted, and an action's category never changes.

create function audit_private.is_text_by_language_v1(texts jsonb) returns boolean
language sql
immutable
parallel safe
as $$
  select pg_catalog.jsonb_typeof(texts) = 'object'
    and not pg_catalog.jsonb_path_exists(
      texts, '$.keyvalue() ? (@.value.type() != "string" || @.value == "" || !(@.key like_regex "^[a-z]{2,3}(-[A-Za-z0-9]+)*$"))')
$$;
comment on function audit_private.is_text_by_language_v1(jsonb) is
  'true for an object of language code to text, such as {"en": "User created", "sv": "Användare skapad"}';

create table audit_private.category (
  category text primary key check (category ~ '^[a-z][a-z0-9_]{0,62}$'),
  titles jsonb not null check (audit_private.is_text_by_language_v1(titles) and titles <> '{}'),
  descriptions jsonb not null default '{}' check (audit_private.is_text_by_language_v1(descriptions)),
  is_mandatory boolean not null default false,
  is_built_in boolean not null default false
);
comment on table audit_private.category is 'groups of actions that are switched together';
comment on column audit_private.category.category is 'code';
comment on column audit_private.category.titles is 'language code to title';
comment on column audit_private.category.descriptions is 'language code to description';
comment on column audit_private.category.is_mandatory is 'its actions are logged by the log alone, and no toggle reaches them';
comment on column audit_private.category.is_built_in is 'comes with pgwitness and can''t be redefined';

create table audit_private.action (
  action text primary key check (action ~ '^[a-z][a-z0-9_]{0,62}$'),
  category text not null references audit_private.category,
  titles jsonb not null check (audit_private.is_text_by_language_v1(titles) and titles <> '{}'),
  descriptions jsonb not null default '{}' check (audit_private.is_text_by_language_v1(descriptions)),
  when_too_large text not null default 'refuse' check (when_too_large in ('refuse', 'cut')),
  retired_at timestamptz
);
create index action_category_idx on audit_private.action (category);
comment on table audit_private.action is 'what can be logged';
comment on column audit_private.action.action is 'code';
comment on column audit_private.action.category is 'never changes, since events don''t store it';
comment on column audit_private.action.titles is 'language code to title';
comment on column audit_private.action.descriptions is 'language code to description';
comment on column audit_private.action.when_too_large is 'an event over the payload limit is refused, or cut and marked';
comment on column audit_private.action.retired_at is 'since when no new event may have this action';

create table audit_private.entity_type (
  entity_type text primary key check (entity_type ~ '^[a-z][a-z0-9_]{0,62}$'),
  titles jsonb not null check (audit_private.is_text_by_language_v1(titles) and titles <> '{}'),
  descriptions jsonb not null default '{}' check (audit_private.is_text_by_language_v1(descriptions)),
  is_built_in boolean not null default false
);
comment on table audit_private.entity_type is 'what an event can be about';
comment on column audit_private.entity_type.entity_type is 'code';
comment on column audit_private.entity_type.titles is 'language code to title';
comment on column audit_private.entity_type.descriptions is 'language code to description';
comment on column audit_private.entity_type.is_built_in is 'comes with pgwitness and can''t be redefined';

create table audit_private.access_reason (
  access_reason text primary key check (access_reason ~ '^[a-z][a-z0-9_]{0,62}$'),
  titles jsonb not null check (audit_private.is_text_by_language_v1(titles) and titles <> '{}'),
  descriptions jsonb not null default '{}' check (audit_private.is_text_by_language_v1(descriptions))
);
comment on table audit_private.access_reason is 'why the log may be read';
comment on column audit_private.access_reason.access_reason is 'code';
comment on column audit_private.access_reason.titles is 'language code to title';
comment on column audit_private.access_reason.descriptions is 'language code to description';

-- Actor types and outcomes are part of the event's format, so they are fixed.
create table audit_private.actor_type (
  actor_type text primary key,
  titles jsonb not null check (audit_private.is_text_by_language_v1(titles) and titles <> '{}'),
  descriptions jsonb not null default '{}' check (audit_private.is_text_by_language_v1(descriptions))
);
comment on table audit_private.actor_type is 'who can have acted';
comment on column audit_private.actor_type.actor_type is 'code';
comment on column audit_private.actor_type.titles is 'language code to title';
comment on column audit_private.actor_type.descriptions is 'language code to description';

create table audit_private.outcome (
  outcome text primary key,
  titles jsonb not null check (audit_private.is_text_by_language_v1(titles) and titles <> '{}'),
  descriptions jsonb not null default '{}' check (audit_private.is_text_by_language_v1(descriptions))
);
comment on table audit_private.outcome is 'how an act ended';
comment on column audit_private.outcome.outcome is 'code';
comment on column audit_private.outcome.titles is 'language code to title';
comment on column audit_private.outcome.descriptions is 'language code to description';

grant select on audit_private.action, audit_private.entity_type, audit_private.category
  to audit_writer, audit_finder;
