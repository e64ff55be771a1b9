-- The end of an account: closed and reopenable, then erased, with a receipt that says nothing of whose it was.

-- 'erasing': its key is destroyed, and what it opened is being removed.
alter table account drop constraint account_state_check;
alter table account add constraint account_state_check check (state in ('open', 'suspended', 'closed', 'erasing'));

create table closure (                -- as long as an account is closed
  account_id bigint primary key references account,
  closed_by text not null check (closed_by in ('owner', 'operator', 'idle')),
  state_before text not null check (state_before in ('open', 'suspended')), -- to which it is reopened
  closed_at timestamptz not null,
  reopen_until timestamptz not null,  -- what the owner was told: a setting that changes later moves no date
  erase_at timestamptz not null,
  reminded_days int                   -- of the reminders before the end of reopening, the last that was sent
);
create index closure_by_reopening on closure (reopen_until);
create index closure_by_erasing on closure (erase_at);

-- When an account was last used, to the day; and how often its owner was told that it will be closed because it is not.
alter table account
  add column last_used_on date not null default current_date, -- nobody was idle before this was kept
  add column idle_notices int not null default 0,
  add column idle_noticed_at timestamptz;
create index account_by_use on account (last_used_on) where state = 'open';

create table former_address (         -- of erased accounts: given to nobody again
  address_key bytea primary key,      -- keyed hash, service key directory
  erased_on date not null
);

create table suspension (             -- at the operator's word, for a rule of the terms
  account_id bigint primary key references account,
  rule text not null,
  since timestamptz not null,
  appealed_at timestamptz,
  appeal bytea,                       -- its owner's words, sealed with the account key
  decide_by timestamptz,              -- undecided by then, the suspension is lifted
  kept_at timestamptz,                -- the appeal was turned down
  reason bytea                        -- and why: sealed with the account key
);
create index suspension_by_appeal on suspension (decide_by) where kept_at is null;

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

grant select, insert, update, delete on closure, suspension, former_address, receipt to zegel_app;
