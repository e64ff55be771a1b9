-- Domains that belong to people. Without an owner a domain is the operator's. No reference to account: domains are read back before them.
alter table domain
  add column owner_account_id bigint,
  add column proven_at timestamptz,
  add column catch_all_account_id bigint, -- who gets mail for an address of it that nobody has
  add check ((owner_account_id is null) = (proven_at is null));
create index domain_by_owner on domain (owner_account_id) where owner_account_id is not null;

-- What belongs to a domain goes with it.
alter table dkim_key drop constraint dkim_key_domain_fkey;
alter table dkim_key add foreign key (domain) references domain on delete cascade;

-- Domains that people have asked for, and not proven yet.
create table domain_claim (
  account_id bigint not null references account,
  domain_key bytea not null,          -- keyed hash, service key directory
  sealed bytea not null,              -- name of the domain and the token that has to stand in its DNS: service key directory
  created_at timestamptz not null,
  looks int not null,
  next_look_at timestamptz not null,
  seen text not null check (seen in ('missing', 'silent', 'taken')),
  primary key (account_id, domain_key)
);
create index domain_claim_due on domain_claim (next_look_at);

-- By what a domain is its owner's, and whether that is still so.
create table domain_proof (
  domain text primary key references domain on delete cascade,
  sealed bytea not null,              -- the token: service key directory
  next_look_at timestamptz not null,
  lost_since timestamptz,
  warned_at timestamptz
);

grant select, insert, update, delete on domain_claim, domain_proof to zegel_app;
grant update (owner_account_id, proven_at, catch_all_account_id), delete on domain to zegel_app;
