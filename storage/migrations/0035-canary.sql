-- Every canary that was published, as its keyholders signed it. Public, like the promises it was checked against; nothing of a person
-- but the keyholders' names, which stand in the policy.
create table canary (
  number int primary key,             -- from 1, without a gap
  statement text not null,            -- the bytes that are signed (RFC 8785)
  signatures jsonb not null,
  promised jsonb not null,            -- keyholders, how many and for how many days, as they were in force then
  published_at timestamptz not null
);

-- Nothing of the history is changed or taken away by anything that the program does.
grant select, insert on canary to zegel_app;
