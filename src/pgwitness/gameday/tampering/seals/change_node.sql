-- A node of the tree over all seals is changed.
-- sv: En nod i trädet över alla sigill ändras.
-- verify: broken_chain
-- each: 0
-- each: 1
-- each: 2
select gameday.open();
update audit_private.tree_node set hash = sha256('x') where level = {each} and position = 0;
select gameday.close();
