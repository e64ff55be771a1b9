-- Every look at a person's data by those who run the service. The chain holds salted digests, so that an entry can go with its
-- account, or stay closed under an order, without breaking it.

create table access_chain (
  number bigint primary key,          -- from 1, without a gap
  digest bytea not null,              -- SHA-256 of a salt and the entry
  hash bytea not null                 -- SHA-256 of the hash before, the number and the digest
);

create table access_entry (
  account_id bigint not null,         -- 0: about everybody who had an account then
  number bigint not null references access_chain,
  at timestamptz not null,
  sealed bytea not null,              -- salt and entry, under the account's key; about everybody under the service key access
  shown_from timestamptz,             -- an order keeps it from its owner until then
  primary key (account_id, number)
);

create table access_head (            -- how far the chain went on a day, signed and published
  day date primary key,
  number bigint not null,
  hash bytea not null,
  signature bytea not null            -- Ed25519, of the day, the number and the hash
);

-- Nothing of the chain is changed or taken away by anything that the program does.
grant select, insert on access_chain, access_head to zegel_app;
grant select, insert, delete on access_entry to zegel_app;
