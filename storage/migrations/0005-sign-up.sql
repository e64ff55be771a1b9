-- Sign-up, the way back into an account, and what people have agreed to.

-- A code that was sent by mail, and what it opens. Asked before any account is known.
create table mailed_code (
  code_id bytea primary key,          -- keyed hash of the token that the form carries
  purpose text not null check (purpose in ('signUp', 'reset', 'recovery')),
  sealed bytea not null,              -- what it opens: sealed under the service key "tickets"
  code_key bytea not null,            -- keyed hash of the code
  attempts int not null default 0,    -- to guess the present code
  sent int not null default 1,        -- codes
  tries int not null default 0,       -- of what comes after the code
  is_proven boolean not null default false,
  code_ends_at timestamptz not null,
  ends_at timestamptz not null
);
create index mailed_code_by_end on mailed_code (ends_at);

create table spent_challenge (        -- a proof of work counts once
  challenge_key bytea primary key,    -- keyed hash of its nonce
  ends_at timestamptz not null
);
create index spent_challenge_by_end on spent_challenge (ends_at);

create table daily_count (
  count_key bytea primary key,        -- what is counted, hashed with the day's key
  used int not null,
  day date not null
);

create table recovery (               -- the address outside by which a person gets back in
  account_id bigint primary key references account,
  address_key bytea not null,         -- keyed hash under the service key "directory"
  sealed bytea not null,              -- the address, sealed under the same service key
  proven_at timestamptz not null
);
create index recovery_by_address on recovery (address_key);

create table consent (
  account_id bigint not null references account,
  document text not null check (document in ('policy', 'terms')),
  version int not null,
  agreed_at timestamptz not null,
  primary key (account_id, document, version)
);

grant select, insert, update, delete on mailed_code, spent_challenge, daily_count, recovery, consent to zegel_app;
