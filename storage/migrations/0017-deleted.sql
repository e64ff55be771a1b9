-- What was deleted, by whom, and where it lay: so that all of it can be brought back as it was (promise 14).

create table deletion (
  account_id bigint not null,
  deletion_id bigint not null,
  at timestamptz not null,            -- when it began,
  last_at timestamptz not null,       -- and when the last of it went
  items int not null,                 -- things that it took away
  folders bigint[] not null,          -- where they lay; of very many folders, some
  device bytea,                       -- sealed: by what somebody did it; null where that is not known
  told_at timestamptz,                -- when its owner was told that it is a large one
  is_meant boolean not null default false, -- and has said that it was meant
  primary key (account_id, deletion_id)
);
create index deletion_by_time on deletion (account_id, last_at, deletion_id);
create index deletion_ended on deletion (last_at);

-- What went before this was written down: things that went in one moment are one deletion.
alter table item add column deletion_id bigint; -- by which it was deleted
insert into deletion (account_id, deletion_id, at, last_at, items, folders)
select account_id, min(item_id), deleted_at, deleted_at, count(*), '{}' from item
where deleted_at is not null and not is_replaced group by account_id, deleted_at;
update item i set deletion_id = d.deletion_id from deletion d
where i.account_id = d.account_id and i.deleted_at = d.at and not i.is_replaced;
-- The list of what is deleted, the newest first. Neither a flag nor a number is in it.
create index item_deleted_of on item (account_id, deleted_at, item_id) include (deletion_id)
  where deleted_at is not null and not is_replaced;

-- From when to when something lay in a folder tells where it was on a day.
alter table vanished add column saved_at timestamptz;
create index vanished_by_item on vanished (account_id, item_id);

create table removed_folder (         -- a folder that was removed, as it was
  account_id bigint not null,
  folder_id bigint not null,
  kind text not null,
  role text,
  parent_id bigint not null,
  name bytea not null,                -- sealed as the folder's
  sort_order int not null,
  is_subscribed boolean not null,
  uid_next bigint not null,           -- its numbers go on where they ended
  total int not null,                 -- items that lay in it
  change bigint not null,             -- of its removal
  at timestamptz not null,
  deletion_id bigint not null,
  primary key (account_id, folder_id)
);
create index removed_folder_by_time on removed_folder (at);

grant select, insert, update, delete on deletion, removed_folder to zegel_app;
