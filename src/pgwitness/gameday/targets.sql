-- Chooses what is tampered with, once the log is made.
insert into gameday.target
select distinct on (c.name) c.name, e.tenant_id, e.occurred_at, e.id, p.seal_number, p.part,
  array_position(p.ids, e.id), s.log_index
from (
  values ('kept', 'gameday-kept'), ('second', 'gameday-second'), ('other', 'gameday-other'), ('last', 'gameday-last'),
    ('late', 'gameday-late'), ('quiet', 'gameday-quiet'), ('imported', 'gameday-imported')
) as c (name, entity_id)
join audit_private.event e on e.entity_id = c.entity_id
join audit_private.seal_part p on p.tenant_id = e.tenant_id and e.id = any (p.ids)
join audit_private.seal s on s.tenant_id = p.tenant_id and s.seal_number = p.seal_number
order by c.name;

insert into gameday.target
select 'erased', e.tenant_id, e.occurred_at, e.id, p.seal_number, p.part, array_position(p.ids, e.id), s.log_index
from audit_private.event e
join audit_private.seal_part p on p.tenant_id = e.tenant_id and e.id = any (p.ids)
join audit_private.seal s on s.tenant_id = p.tenant_id and s.seal_number = p.seal_number
where e.payload_digest is not null
limit 1;
