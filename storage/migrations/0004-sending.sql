-- How much an account has sent, by the hour: what its limits are counted by. Numbers only.
create table sending (
  account_id bigint not null,
  hour timestamptz not null,
  letters int not null,
  recipients int not null,
  primary key (account_id, hour)
);
create index sending_by_hour on sending (hour);

grant select, insert, update, delete on sending to zegel_app;

-- What a program replaced by itself keeps its last state only: it is erased without the time in which people restore.
alter table item add column is_replaced boolean not null default false;
create index item_replaced on item (account_id, item_id) where is_replaced;
