-- Every version of the policy and the terms that was in force here or is announced, with its words: public texts, nothing of a person.
create table policy_version (
  document text not null,
  version int not null,
  content jsonb not null,
  announced_at timestamptz not null,
  effective_at timestamptz not null,
  primary key (document, version)
);

create table policy_notice (            -- who was told of a version before it took effect
  account_id bigint not null,
  document text not null,
  version int not null,
  told_at timestamptz not null,
  primary key (account_id, document, version)
);

grant select, insert on policy_version to zegel_app;
grant select, insert, delete on policy_notice to zegel_app;
grant select on policy_version to zegel_desk;
