-- What a person is asked for besides the password: codes from an app, passkeys, recovery codes.

create table totp (                   -- RFC 6238
  account_id bigint primary key references account,
  sealed bytea not null,              -- the secret: service key credentials
  created_at timestamptz not null,
  last_step bigint not null           -- of the last code that was taken: none of that time or earlier is taken again
);

create table passkey (
  credential_key bytea primary key,   -- keyed hash, service key credentials: asked for before the account is known
  account_id bigint not null references account,
  passkey_id bigint not null,
  sealed bytea not null,              -- public key and what the browser has to be told: service key credentials
  name bytea not null,                -- sealed with the account key
  counter bigint not null,            -- of the authenticator, as it said last
  created_at timestamptz not null,
  last_used_on date,
  unique (account_id, passkey_id)
);

create table recovery_code (          -- good once: the row goes when it is used
  account_id bigint not null references account,
  code_key bytea not null,            -- keyed hash, service key credentials
  created_at timestamptz not null,
  primary key (account_id, code_key)
);

-- Whether the password alone lets nobody in: there is a code from an app, or a passkey. Beside the password, so that one row
-- tells, and one lock keeps, by what somebody may come in.
alter table password add column asks_factor boolean not null default false;

grant select, insert, update, delete on totp, passkey, recovery_code to zegel_app;
