-- An event is changed, and with it the list of its seal and the root of that.
-- sv: En händelse ändras, och med den sigillets lista och listans rot.
-- verify: broken_chain
-- evidence: unproven
select gameday.open();
select gameday.change_list();
select gameday.close();
