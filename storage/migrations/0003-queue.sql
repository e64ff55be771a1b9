-- Letters on their way out. The queue is asked by time and destination, before any account is opened, and so stands apart
-- like the directory. Content is a blob of account 0; everything that says something about a person is sealed under the
-- service key "queue".
create table queue_letter (
  letter_id bigint primary key,
  account_id bigint not null,         -- 0: the service itself wrote it
  blob_id uuid not null,              -- the content, a blob of account 0
  size bigint not null,
  sealed bytea not null,              -- sender, parameters, language, key of the content
  created_at timestamptz not null,
  send_at timestamptz not null        -- not before
);
create index queue_letter_by_account on queue_letter (account_id);

create table queue_recipient (
  letter_id bigint not null references queue_letter on delete cascade,
  number int not null,
  destination_key bytea not null,     -- keyed hash of the domain
  sealed bytea not null,              -- address, parameters, last reply
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  attempts int not null default 0,    -- begun
  is_warned boolean not null default false, -- the sender was told that it takes longer
  lease bigint,                       -- who tries it; null when nobody does
  next_attempt_at timestamptz not null, -- while somebody tries it: when the lease ends
  primary key (letter_id, number)
);
create index queue_recipient_due on queue_recipient (next_attempt_at) where state = 'waiting';
create index queue_recipient_by_lease on queue_recipient (lease) where lease is not null;

grant select, insert, update, delete on queue_letter, queue_recipient to zegel_app;
-- The receiver puts letters in and reads nothing of them.
grant insert on queue_letter, queue_recipient to zegel_receiver;
