-- Moving in: an import with how far it has come, and what was uploaded for it until it is done.
create table transfer (
  account_id bigint not null,
  transfer_id bigint not null,
  state text not null check (state in ('uploading', 'waiting', 'running', 'done', 'stopped', 'failed')),
  size bigint not null,               -- bytes of the file, as announced
  received bigint not null default 0, -- of these
  done bigint not null default 0,     -- bytes that are read
  added int not null default 0,
  known int not null default 0,       -- were there already
  damaged int not null default 0,
  skipped int not null default 0,     -- files that are no letters
  created_at timestamptz not null,
  changed_at timestamptz not null,
  leased_until timestamptz,           -- whoever runs it renews that; afterwards another one goes on
  sealed bytea not null,              -- name of the file, where to, position, what was damaged; account key
  primary key (account_id, transfer_id)
);
create index transfer_to_run on transfer (changed_at) where state in ('waiting', 'running');
create index transfer_by_time on transfer (changed_at);

create table transfer_part (
  account_id bigint not null,
  transfer_id bigint not null,
  at bigint not null,                 -- where in the file it begins
  size int not null,
  blob_id uuid not null,
  sealed bytea not null,              -- key of the blob; account key
  primary key (account_id, transfer_id, at)
);

grant select, insert, update, delete on transfer, transfer_part to zegel_app;

-- Whether a folder has a letter already is asked by a keyed hash of its content.
alter table item add column digest bytea; -- null of what came before there was one, until somebody asks
create index item_by_digest on item (account_id, digest) where digest is not null;
create index item_undigested on item (account_id, size) where digest is null;
