-- Collecting again and again what comes to an account at another provider.
create table collection (
  account_id bigint not null,
  collection_id bigint not null,
  protocol text not null check (protocol in ('imap', 'pop3')),
  state text not null check (state in ('active', 'paused')),
  every_minutes int not null,
  leaves_there boolean not null,
  created_at timestamptz not null,
  collected_at timestamptz,           -- end of the last round that was whole
  due_at timestamptz,                 -- of the next one; null when it is paused
  leased_until timestamptz,           -- whoever collects renews that; afterwards another one goes on
  round int not null default 0,       -- grows when somebody begins, and when its owner changes something: whoever went on from before stops
  attempts int not null default 0,    -- in vain, since something last came
  refusals int not null default 0,    -- of signing in, one after the other
  added int not null default 0,
  damaged int not null default 0,
  sealed bytea not null,              -- server, name, password, where to, position, what was damaged, why not; account key
  primary key (account_id, collection_id)
);
create index collection_to_run on collection (due_at) where state = 'active';

create table collected_letter (       -- by POP3: what was taken of what lies there
  account_id bigint not null,
  collection_id bigint not null,
  uid_key bytea not null,             -- keyed hash of its unique-id (RFC 1939 §7); account key
  is_damaged boolean not null,        -- it could not be taken, so it is not removed there
  primary key (account_id, collection_id, uid_key),
  foreign key (account_id, collection_id) references collection on delete cascade
);

grant select, insert, update, delete on collection to zegel_app;
grant select, insert, delete on collected_letter to zegel_app;
