-- What became of letters that were for an account, or that it sent: sealed for its owner, and gone with the journal's days.
create table story (
  account_id bigint not null,
  story_id bigint not null,
  at timestamptz not null,            -- when something was last heard of the letter
  change bigint not null,
  lookup_key bytea,                   -- keyed hash of sender, recipient and Message-ID: attempts at one letter are one story
  blob_id uuid,                       -- content of a letter that is held
  sealed bytea not null,
  primary key (account_id, story_id)
);
create unique index story_by_lookup on story (account_id, lookup_key) where lookup_key is not null;
create index story_by_blob on story (account_id, blob_id) where blob_id is not null;
create index story_by_time on story using brin (at);

grant select, insert, update, delete on story to zegel_app;
-- The receiver tells, and reads nothing of what was told.
grant insert, update on story to zegel_receiver;
grant select (account_id, lookup_key, blob_id) on story to zegel_receiver;
