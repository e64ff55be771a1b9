-- What accounts teach the filter for junk, and how far their changes were looked at for lessons.

create table spam_training (
  account_id bigint primary key,
  lessons bigint not null default 0,  -- grows with each lesson
  sealed bytea,                       -- features as keyed hashes, and in how many letters each stands; null before the first lesson
  change bigint not null,             -- all changes up to this number were looked at,
  item_id bigint not null             -- and of the next one those of items with ids up to this
);
alter table spam_training alter column sealed set storage external;

create table spam_lesson (            -- letters that were learnt, by their content: a copy is the same letter
  account_id bigint not null,
  blob_id uuid not null,
  is_junk boolean not null,           -- as what it was learnt
  said_junk boolean,                  -- what its keywords said when that was last looked at; null when nothing
  primary key (account_id, blob_id),
  foreign key (account_id, blob_id) references blob on delete cascade
);

-- What was done before there was a filter has taught nothing.
insert into spam_training (account_id, change, item_id) select account_id, change, 0 from account;

grant select, insert, update, delete on spam_training, spam_lesson to zegel_app;
-- The receiver judges by it what arrives for an account that it is handed opened.
grant select (account_id, lessons, sealed) on spam_training to zegel_receiver;
