-- Addresses of distribution lists. A list, its members and whom it has asked are records of its owner's account, sealed under that key;
-- the address stands in the directory, like those of accounts.
create table list_address (
  address_key bytea primary key,      -- keyed hash of the address
  account_id bigint not null references account, -- whose list it is
  list_id bigint not null,            -- the record
  posting text not null check (posting in ('anybody', 'members', 'owner')), -- who may write to it
  sealed bytea not null,              -- the address, service key directory
  created_at timestamptz not null,
  hour timestamptz,                   -- the last in which it had letters, and how many
  letters int not null default 0
);
create index on list_address (account_id, list_id);

grant select, insert, update, delete on list_address to zegel_app;
-- The receiver has to know what takes mail, and from whom.
grant select (address_key, account_id, list_id, posting) on list_address to zegel_receiver;
