-- The one store (DESIGN, "The one store"). Every table of an account starts its key with account_id and holds structure
-- only; whatever says something about a person is sealed (ARCHITECTURE.md, "What is sealed").

-- ── roles: one for each part of the program, assumed by SET ROLE or by a login that is a member ──
do $$
declare part text;
begin
  -- Roles belong to the cluster: two databases migrating at once must not both make them.
  perform pg_advisory_xact_lock(hashtext('zegel roles'));
  foreach part in array array['zegel_app', 'zegel_receiver', 'zegel_desk'] loop
    if not exists (select from pg_roles where rolname = part) then
      execute format('create role %I nologin', part);
    end if;
    -- A superuser may assume any role already; membership by name would fail where it is its own grantor.
    if not (select rolsuper from pg_roles where rolname = current_user) then
      execute format('grant %I to current_user', part);
    end if;
  end loop;
end $$;

-- ── directory: what is looked up before any account is opened ──
create table domain (
  domain text primary key,
  created_at timestamptz not null
);

create table account (
  account_id bigint primary key,
  kind text not null check (kind in ('person', 'group', 'space')),
  state text not null check (state in ('open', 'suspended', 'closed')),
  is_operator boolean not null default false,
  public_key bytea not null,          -- X25519, raw
  private_key bytea not null,         -- sealed with the account key
  settings bytea,                     -- sealed: language, time zone, labels
  settings_change bigint not null default 0,
  change bigint not null default 0,   -- the account's change number: MODSEQ, JMAP state, sync-token
  vanished_floor bigint not null default 0, -- what vanished up to this number is no longer known
  created_at timestamptz not null
);

create table address (
  address_key bytea primary key,      -- keyed hash under the service key "directory"
  account_id bigint not null references account,
  sealed bytea not null,              -- the address, sealed under the same service key
  is_primary boolean not null,
  created_at timestamptz not null
);
create index address_by_account on address (account_id);

create table password (
  account_id bigint primary key references account,
  sealed bytea not null,              -- argon2id PHC string, sealed under the service key "credentials"
  changed_at timestamptz not null
);

create table session (
  account_id bigint not null references account,
  token_key bytea not null,           -- keyed hash of the token
  kind text not null check (kind in ('cookie', 'bearer')),
  sealed bytea not null,              -- browser, country: sealed with the account key
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (token_key)
);
create index session_by_account on session (account_id);
create index session_by_expiry on session (expires_at);

create table sign_in_attempt (
  attempt_key bytea primary key,      -- account and network, hashed with the day's key
  failures int not null,
  counted_at timestamptz not null,
  until timestamptz,                  -- no further attempt before this; null when the next may come at once
  day date not null
);

-- ── the store: no references to account, since every write holds the account's row locked from its first statement ──
create table kind_state (
  account_id bigint not null,
  kind text not null,
  folders_change bigint not null,     -- the last number that touched a folder of this kind
  items_change bigint not null,       -- the last number that touched an item of this kind
  primary key (account_id, kind)
);

create table folder (
  account_id bigint not null,
  folder_id bigint not null,
  kind text not null,
  role text,
  parent_id bigint not null,          -- 0 at the top
  name bytea not null,                -- sealed
  name_key bytea not null,            -- keyed hash of the name within its parent
  sort_order int not null default 0,
  is_subscribed boolean not null default true,
  uid_validity bigint not null,
  uid_next bigint not null default 1,
  total int not null default 0,
  unread int not null default 0,
  threads int not null default 0,
  unread_threads int not null default 0,
  created_change bigint not null,
  change bigint not null,             -- name, place, role, order
  items_change bigint not null,       -- what is in it: HIGHESTMODSEQ
  primary key (account_id, folder_id),
  unique (account_id, kind, parent_id, name_key)
);
create unique index folder_by_role on folder (account_id, kind, role) where role is not null;

create table item (
  account_id bigint not null,
  item_id bigint not null,
  kind text not null,
  thread_id bigint not null,
  blob_id uuid not null,
  size bigint not null,               -- bytes of the content as it came
  flags int not null,
  keywords int[] not null default '{}',
  received_at timestamptz not null,
  summary bytea not null,             -- sealed; opens the blob
  created_change bigint not null,
  change bigint not null,
  deleted_at timestamptz,             -- the last placement went: restorable, the clock runs
  primary key (account_id, item_id)
);
-- What is sealed does not compress; a usual summary, and a small letter, stays in its row.
alter table item alter column summary set storage external;
alter table item set (toast_tuple_target = 4080);
create index item_by_thread on item (account_id, thread_id);
create index item_by_change on item (account_id, kind, change);
create index item_by_blob on item (account_id, blob_id);
create index item_by_time on item (account_id, kind, received_at, item_id) where deleted_at is null;
create index item_deleted on item (deleted_at) where deleted_at is not null;

create table placement (
  account_id bigint not null,
  folder_id bigint not null,
  uid bigint not null,
  item_id bigint not null,
  received_at timestamptz not null,   -- the item's, so that a folder is listed in order from one index
  is_deleted boolean not null default false, -- IMAP \Deleted
  change bigint not null,
  primary key (account_id, folder_id, uid),
  foreign key (account_id, item_id) references item,
  foreign key (account_id, folder_id) references folder
);
create unique index placement_by_item on placement (account_id, item_id, folder_id);
create index placement_by_time on placement (account_id, folder_id, received_at, item_id);

create table folder_thread (          -- a conversation as one folder sees it; kept, not counted
  account_id bigint not null,
  folder_id bigint not null,
  thread_id bigint not null,
  total int not null,
  unread int not null,
  latest_at timestamptz not null,
  latest_item bigint not null,
  primary key (account_id, folder_id, thread_id),
  foreign key (account_id, folder_id) references folder
);
create index folder_thread_by_time on folder_thread (account_id, folder_id, latest_at, latest_item);

create table thread_key (             -- keyed hashes of Message-ID with subject: what belongs together
  account_id bigint not null,
  key bytea not null,
  thread_id bigint not null,
  primary key (account_id, key)
);

create table keyword (
  account_id bigint not null,
  number int not null,
  name bytea not null,                -- sealed
  name_key bytea not null,
  primary key (account_id, number),
  unique (account_id, name_key)
);

create table vanished (
  account_id bigint not null,
  change bigint not null,
  kind text not null,
  folder_id bigint not null,
  uid bigint not null,                -- 0 when the folder itself went
  item_id bigint not null,
  thread_id bigint not null,
  item_is_gone boolean not null,      -- that was its last placement
  at timestamptz not null,
  primary key (account_id, change, folder_id, uid)
);
create index vanished_by_time on vanished (at);

create table blob (
  account_id bigint not null,
  blob_id uuid not null,
  sealed_size bigint not null,
  content bytea,                      -- null: in the blob store
  created_at timestamptz not null,
  primary key (account_id, blob_id)
);
alter table blob alter column content set storage external;
alter table blob set (toast_tuple_target = 8160);

create table upload (                 -- content somebody brought and has not yet used
  account_id bigint not null,
  blob_id uuid not null,
  size bigint not null,
  sealed bytea not null,              -- type and key of the blob
  created_at timestamptz not null,
  primary key (account_id, blob_id)
);
create index upload_by_time on upload (created_at);

-- ── keys: left out of data backups, so that a key destroyed is gone everywhere ──
create schema keys;

create table keys.epoch (
  only_one boolean primary key default true check (only_one),
  epoch int not null                  -- the newest epoch of the master key: everything new is wrapped under it
);

create table keys.wrap (
  place text primary key,             -- account/<id>/server · service/<purpose> · day/<date>
  epoch int not null,
  wrapped bytea not null
);

-- ── who may do what ──
grant usage on schema public to zegel_app, zegel_receiver, zegel_desk;
grant usage on schema keys to zegel_app, zegel_receiver;
grant select, insert, update, delete on all tables in schema public to zegel_app;
grant select, insert, update, delete on all tables in schema keys to zegel_app;

-- The receiver files what arrives and reads back nothing of it: structure only, no summary, no content, no name.
grant select on domain, kind_state, folder_thread, thread_key, placement to zegel_receiver;
grant select (address_key, account_id) on address to zegel_receiver;
grant select (account_id, kind, state, change) on account to zegel_receiver;
grant select (account_id, folder_id, kind, role, uid_next, total, unread, threads, unread_threads) on folder to zegel_receiver;
grant select (account_id, item_id, thread_id, flags, received_at, deleted_at) on item to zegel_receiver;
grant update (change) on account to zegel_receiver;
grant update (uid_next, total, unread, threads, unread_threads, items_change) on folder to zegel_receiver;
grant insert on item, placement, blob, thread_key, folder_thread, kind_state to zegel_receiver;
grant update on folder_thread, kind_state to zegel_receiver;
grant delete on folder_thread to zegel_receiver;
grant select on keys.epoch, keys.wrap to zegel_receiver;

-- The desk sees that accounts exist; what more it may see is opened for it, field by field (a later migration).
grant select on domain to zegel_desk;
grant select (account_id, kind, state, created_at) on account to zegel_desk;
