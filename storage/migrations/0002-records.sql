-- Small sealed things of an account that are no items: identities, templates, notes, submissions, blocked senders.
create table record (
  account_id bigint not null,
  kind text not null,
  record_id bigint not null,
  lookup_key bytea,                   -- keyed hash by which it is found; null when it never is
  item_id bigint,                     -- the item it belongs to, and with which it is erased
  due_at timestamptz,                 -- when something is to be done about it; not what
  sealed bytea not null,
  created_at timestamptz not null,
  created_change bigint not null,
  change bigint not null,
  removed_at timestamptz,             -- restorable, the clock runs
  primary key (account_id, kind, record_id)
);
create unique index record_by_lookup on record (account_id, kind, lookup_key) where removed_at is null and lookup_key is not null;
create index record_by_change on record (account_id, kind, change);
create index record_by_item on record (account_id, item_id) where item_id is not null;
create index record_due on record (kind, due_at) where due_at is not null and removed_at is null;
create index record_removed on record (removed_at) where removed_at is not null;

grant select, insert, update, delete on record to zegel_app;
-- The receiver asks whether a sender is blocked, and reads nothing of what stands there.
grant select (account_id, kind, lookup_key, removed_at) on record to zegel_receiver;
