-- Customer service: what people write to it, what they let it see, and the way back in without the second factor.

create sequence ticket_number start 1001;

create table ticket (
  account_id bigint not null,         -- 0: of somebody who has shown no account
  number bigint not null,             -- of ticket_number: by which the staff and the person name it
  kind text not null check (kind in ('delivery', 'access', 'plan', 'sync', 'domain', 'other')),
  state text not null check (state in ('open', 'answered', 'closed')),
  by_mail boolean not null,           -- written from an address outside
  sealed bytea not null,              -- subject, language, address outside: the account's key, or the service key support
  created_at timestamptz not null,
  changed_at timestamptz not null,
  closed_at timestamptz,
  change bigint not null,             -- the account's, that last touched it
  grant_fields text[] not null default '{}', -- what support may look at beyond the basics
  grant_days int not null default 0,  -- so far back, of what has days
  grant_until timestamptz,
  primary key (account_id, number)
);
create index on ticket (number);
create index on ticket (state, changed_at);
create index on ticket (closed_at) where closed_at is not null;

create table ticket_text (
  account_id bigint not null,
  number bigint not null,
  text_id bigint not null,
  at timestamptz not null,
  by text not null check (by in ('person', 'support', 'note')), -- a note is for the staff
  staff bigint,
  sealed bytea not null,              -- as the ticket
  primary key (account_id, number, text_id),
  foreign key (account_id, number) references ticket on delete cascade
);

create table support_letter (         -- what came by mail, until it is a ticket
  letter_id bigint primary key,
  at timestamptz not null,
  sealed bytea not null               -- service key support
);

create table recovery_wait (          -- somebody who has the address outside asks to get in without the second factor
  account_id bigint primary key references account,
  state text not null check (state in ('waiting', 'ready', 'stopped', 'done')),
  by text not null check (by in ('person', 'support')),
  begun_at timestamptz not null,
  ready_at timestamptz not null,      -- from then on the link that is mailed lets in
  ends_at timestamptz not null,       -- what was not used or stopped by then ends
  told_on date not null,              -- when it was last told everywhere
  address_key bytea not null,         -- of the address outside, as in recovery: who has another by then is not let in
  stop_key bytea not null,            -- keyed hash, service key tickets: of the link that stops it
  link_key bytea,                     -- of the link that lets in
  change bigint not null              -- the account's, that last touched it
);
create index on recovery_wait (stop_key);
create index on recovery_wait (link_key) where link_key is not null;
create index on recovery_wait (state, told_on);

grant usage on sequence ticket_number to zegel_app;
grant select, insert, update, delete on ticket, ticket_text, recovery_wait to zegel_app;
grant select, delete on support_letter to zegel_app;
-- The receiver may put a letter in, and count them.
grant insert on support_letter to zegel_app, zegel_receiver;
grant select (letter_id) on support_letter to zegel_receiver;
