-- An event is changed, and with it the tenant's chain and the leaves of the log, but not the nodes above.
-- sv: En händelse ändras, och med den organisationens kedja och loggens löv, men inte noderna ovanför.
-- verify: broken_chain
-- evidence: unproven
select gameday.open();
select gameday.change_chain();
update audit_private.tree_node n set hash = s.seal_hash
from audit_private.seal s
where n.level = 0 and n.position = s.log_index;
select gameday.close();
