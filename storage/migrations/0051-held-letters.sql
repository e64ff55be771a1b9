-- Letters to a distribution list that wait until its owner has decided.
create table held_letter (
  account_id bigint not null,
  held_id bigint not null,
  list_id bigint not null,            -- the record
  letter_id bigint not null,          -- the queue's: what is brought twice is held once
  blob_id uuid not null,              -- its content
  size int not null,                  -- bytes of it
  held_at timestamptz not null,
  is_told boolean not null default false, -- its owner was told by a letter
  sealed bytea not null,              -- envelope, what was found, what is shown; account key
  primary key (account_id, held_id)
);
create unique index held_letter_by_letter on held_letter (account_id, list_id, letter_id);
create index held_letter_by_time on held_letter (held_at);
create index held_letter_untold on held_letter (account_id) where not is_told;

grant select, insert, update, delete on held_letter to zegel_app;
-- The receiver has to know whether there is room for one more.
grant select (account_id, list_id, size) on held_letter to zegel_receiver;

alter table list_address
  add column told_at timestamptz,     -- when its owner was last told that something waits
  drop constraint list_address_posting_check,
  add constraint list_address_posting_check check (posting in ('anybody', 'members', 'moderated', 'approved', 'owner'));
