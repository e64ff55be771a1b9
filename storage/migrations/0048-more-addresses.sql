-- More addresses than one: aliases, and masked addresses, which can be switched off.
alter table address
  add column is_masked boolean not null default false, -- made for one sender; nobody signs in with it
  add column is_on boolean not null default true,      -- takes mail, and letters may be from it
  add column removed_at timestamptz,                   -- its owner has given it up; kept, so that nobody else gets it
  add column letters int not null default 0,           -- that came to a masked address
  add column last_letter_at timestamptz,
  add constraint address_primary_check check (not is_primary or (is_on and not is_masked and removed_at is null)),
  add constraint address_removed_check check (removed_at is null or not is_on);
create unique index address_primary on address (account_id) where is_primary;

grant select (is_masked, is_on, letters), update (letters, last_letter_at) on address to zegel_receiver;
-- That a letter came to one is a change of its record.
grant update (change) on record to zegel_receiver;
