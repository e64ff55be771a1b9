-- Who was asked to come again, and came: networks and senders as one keyed hash.
create table greylist (
  key bytea primary key,              -- service key greylist
  first_at timestamptz not null,
  passed_at timestamptz               -- when a letter was last let in for it
);
grant select, insert, update, delete on greylist to zegel_app;
grant select, insert, update on greylist to zegel_receiver;
