-- Who works here, and the desk by which they do. The desk's role asks and is answered: it reads nothing else of these tables.

create table staff (
  staff_id int primary key,           -- from 1; shown in the access log
  login_key bytea not null unique,    -- keyed hash of the name they sign in with
  sealed bytea not null,              -- service key staff: that name, their own name
  roles text[] not null,
  password bytea,                     -- argon2id, sealed; null until they have set one
  password_set_at timestamptz,
  created_at timestamptz not null,
  ended_at timestamptz                -- works here no more
);

create table staff_invitation (       -- to set a password and a second factor; used once
  staff_id int primary key references staff,
  code_key bytea not null,
  ends_at timestamptz not null
);

create table staff_totp (
  staff_id int primary key references staff,
  sealed bytea not null,
  last_step bigint not null,
  created_at timestamptz not null
);

create table staff_passkey (
  credential_key bytea primary key,
  staff_id int not null references staff,
  sealed bytea not null,              -- the key, and its name
  counter bigint not null,
  created_at timestamptz not null
);
create index on staff_passkey (staff_id);

create table staff_recovery_code (
  code_key bytea primary key,
  staff_id int not null references staff
);
create index on staff_recovery_code (staff_id);

create table staff_session (
  token_key bytea primary key,
  staff_id int not null references staff,
  created_at timestamptz not null,
  used_at timestamptz not null,
  expires_at timestamptz not null
);
create index on staff_session (staff_id);

create table staff_agreement (        -- signatures of the confidentiality agreement
  staff_id int not null references staff,
  signed_at timestamptz not null,
  version int not null,
  until timestamptz not null,         -- then it is to be signed anew
  sealed bytea not null,              -- the name that was signed with, and the digest of the text
  primary key (staff_id, signed_at)
);

create table staff_event (            -- what staff did to get in, and what they were refused
  event_id bigint primary key,
  at timestamptz not null,
  staff_id int references staff,
  kind text not null,
  act text
);
create index on staff_event (at);

create table desk_door (              -- to whom the desk seals what it asks
  only_one boolean primary key default true check (only_one),
  public_key bytea not null,
  sealed bytea not null               -- the private half, service key staff
);

create table desk_request (
  request_id uuid primary key,
  asked_at timestamptz not null default clock_timestamp(),
  sealed bytea not null check (octet_length(sealed) <= 16777216),
  taken_at timestamptz,
  answer bytea
);
create index on desk_request (asked_at);

grant select, insert, update, delete on staff, staff_invitation, staff_totp, staff_passkey, staff_recovery_code, staff_session
  to zegel_app;
-- Nobody takes a signature back, nor what is recorded; what is old goes.
grant select, insert on staff_agreement to zegel_app;
grant select, insert, delete on staff_event to zegel_app;
grant select, insert, update on desk_door to zegel_app;
grant select, insert, update, delete on desk_request to zegel_app;

-- The desk sees nothing by itself any more: the app's part shows it what somebody's role and purpose need.
revoke all on all tables in schema public from zegel_desk;
revoke all (account_id, kind, state, created_at) on account from zegel_desk;
grant select (public_key) on desk_door to zegel_desk;
grant insert (request_id, sealed) on desk_request to zegel_desk;
grant select (request_id, answer) on desk_request to zegel_desk;
