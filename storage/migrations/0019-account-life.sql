-- The end of an account: closed and reopenable, then erased, with a receipt that says nothing of whose it was.

-- 'erasing': its key is destroyed, and what it opened is being removed.
alter table account drop constraint account_state_check;
alter table account add constraint account_state_check check (state in ('open', 'suspended', 'closed', 'erasing'));

create table closure (                -- as long as an account is closed
  account_id bigint primary key references account,
  closed_by text not null check (closed_by in ('owner', 'operator')),
  state_before text not null check (state_before in ('open', 'suspended')), -- to which it is reopened
  closed_at timestamptz not null,
  reopen_until timestamptz not null,  -- what the owner was told: a setting that changes later moves no date
  erase_at timestamptz not null,
  reminded_days int                   -- of the reminders before the end of reopening, the last that was sent
);
create index closure_by_reopening on closure (reopen_until);
create index closure_by_erasing on closure (erase_at);

create table former_address (         -- of erased accounts: given to nobody again
  address_key bytea primary key,      -- keyed hash, service key directory
  erased_on date not null
);

create table receipt (                -- what was erased of an account, and when
  receipt_id text primary key,        -- random: the number that the owner is told
  account_id bigint unique,           -- as long as the erasing is under way
  closed_at timestamptz not null,
  key_destroyed_at timestamptz not null,
  epoch int not null,                 -- the last under which the key was wrapped
  counts jsonb not null default '{}', -- rows erased, by table
  erased_at timestamptz,              -- the last row
  addressee bytea,                    -- sealed under the service key receipts: whom to tell, until they are told
  statement text,                     -- as it was signed: nothing in it is about a person
  signature bytea
);
create index receipt_to_issue on receipt (erased_at) where statement is null;

-- When every epoch before the present one was destroyed; null while one of them may still be in the key's file.
alter table keys.epoch add column earlier_destroyed_at timestamptz;

grant select, insert, update, delete on closure, former_address, receipt to zegel_app;
