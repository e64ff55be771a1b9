import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { asAdministrator, silent } from '#test/cluster'
import { testDatabase } from '#test/database'
import { target } from './connect.ts'
import { migrate } from './migrate.ts'

const FOLDER = join(import.meta.dirname, '../migrations')
const { url } = await testDatabase()

/** A database as the program left it at an earlier version of the schema. */
async function openEarlier(version: number): Promise<{ client: pg.Client; config: pg.ClientConfig }> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdministrator(url, `create database ${name}`)
  const earlier = new URL(url)
  earlier.searchParams.set('db', name)
  const config = target(earlier.href)
  const client = new pg.Client(config)
  await client.connect()
  after(async () => {
    await client.end()
    await asAdministrator(url, `drop database ${name} with (force)`)
  })
  await client.query(
    'create table migration (number int primary key, name text not null, applied_at timestamptz not null default now())',
  )
  for (const file of readdirSync(FOLDER).sort().slice(0, version)) {
    await client.query(readFileSync(join(FOLDER, file), 'utf8'))
    await client.query('insert into migration (number, name) values ($1, $2)', [Number.parseInt(file, 10), file])
  }
  return { client, config }
}

test('letters of a database from before their summaries had a table keep them, their changes and their counts', async () => {
  const { client, config } = await openEarlier(9)
  await client.query(`
    insert into account (account_id, kind, state, public_key, private_key, change, created_at) values (1, 'person', 'open', '', '', 3000, now());
    insert into kind_state (account_id, kind, folders_change, items_change) values (1, 'mail', 1, 3000);
    insert into folder (account_id, folder_id, kind, parent_id, name, name_key, uid_validity, created_change, change, items_change, total, threads)
      values (1, 7, 'mail', 0, '', '', 1, 1, 1, 3000, 3000, 1500);
    insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, received_at, summary, created_change, change)
      select 1, n, 'mail', n / 2, gen_random_uuid(), 1, case when n % 1000 = 0 then 8 else 1 end, now(), decode(lpad(to_hex(n), 8, '0'), 'hex'), n,
        case when n > 2000 then 3000 else n end
      from generate_series(1, 3000) as n;
    insert into placement (account_id, folder_id, uid, item_id, received_at, change) select 1, 7, item_id, item_id, received_at, change from item;
    insert into folder_thread (account_id, folder_id, thread_id, total, unread, latest_at, latest_item)
      select 1, 7, thread_id, count(*), 0, now(), max(item_id) from item group by thread_id`)
  await migrate(config, silent)
  const one = async (query: string): Promise<unknown> => (await client.query<{ found: unknown }>(query)).rows[0]?.found
  assert.equal(
    await one(
      `select count(*)::int as found from item_summary where sealed = decode(lpad(to_hex(item_id), 8, '0'), 'hex')`,
    ),
    3000,
  )
  assert.equal(await one('select count(*)::int as found from item_change'), 3)
  assert.equal(
    await one(`select count(*)::int as found from item i where exists (
      select from item_change c where c.account_id = 1 and c.kind = 'mail' and c.change >= i.change and i.item_id = any(c.items))`),
    3000,
  )
  assert.equal(await one('select max(change)::int as found from item_change'), 3000)
  assert.equal(await one('select unseen_drafts as found from folder'), 3)
  assert.equal(await one('select count(*)::int as found from folder_thread where unseen_drafts = 1'), 3)
})

test('a database that is not there cannot serve now, and no more is said of it', async () => {
  await assert.rejects(migrate({ host: '127.0.0.1', port: 1, user: 'zegel', database: 'zegel' }, silent), {
    name: 'Refusal',
    reason: 'unavailable',
  })
})
