import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { removeFolder, startChild, type ChildServer } from '../test/child.ts'
import { arrivalRate, createUsers } from './arrival.ts'
import { percentile } from './percentile.ts'
import type { BenchOptions } from './run.ts'
import { SETTINGS } from './settings.ts'

const SIZE = 1_000_000
const ADDRESS = 'large@zegel.test'
/** Letters of one round of arrival. */
const LETTERS = 1500
/** Rounds with and without erasing beside them. */
const ROUNDS = 3

/**
 * Erasing what was deleted 46 days ago, by the server's own job, and how fast small letters arrive meanwhile: in turn with nothing to
 * erase and with erasing under way.
 */
export async function erase({ count = SIZE }: BenchOptions): Promise<string[]> {
  const server = await startChild({ settings: SETTINGS })
  const client = new pg.Client({ host: join(server.folder, 'data/sockets'), user: 'zegel', database: 'zegel' })
  try {
    await createUsers(server)
    await server.command(['account', 'create', ADDRESS, '--password-stdin'], 'bench password')
    const fill = join(import.meta.dirname, 'fill.ts')
    const filled = spawnSync(process.execPath, [fill, ADDRESS, 'large', String(count)], {
      env: server.env,
      stdio: 'inherit',
    })
    if (filled.status !== 0) throw new Error('the mailbox could not be filled')
    await client.connect()
    await arrivalRate(server, LETTERS)
    const [alone, beside]: [number[], number[]] = [[], []]
    for (let round = 0; round < ROUNDS; round++) alone.push(await arrivalRate(server, LETTERS))
    const startedAt = performance.now()
    await deleteLongAgo(client)
    await eraseNow(client)
    while (beside.length < ROUNDS) {
      const rate = await arrivalRate(server, LETTERS)
      if ((await waiting(client)) === 0) break
      beside.push(rate)
    }
    if (beside.length === 0) throw new Error('all was erased before arrival was measured: take more')
    while ((await waiting(client)) > 0) await pause()
    const seconds = (performance.now() - startedAt) / 1000
    const [without, together] = [percentile(alone, 50), percentile(beside, 50)]
    return [
      `${count} deleted letters erased in ${seconds.toFixed(0)} s with arrival beside it, ${(count / seconds).toFixed(0)} a second`,
      `arrival: ${without.toFixed(0)} a second with nothing to erase, ${together.toFixed(0)} beside it (${((together / without - 1) * 100).toFixed(0)} %)`,
      residentLine(server),
    ]
  } finally {
    await client.end().catch(() => undefined)
    await server.stop()
    removeFolder(server.folder)
  }
}

const residentLine = (server: ChildServer): string => `resident: ${server.residentMb().toFixed(0)} MB`

/** As if its owner had deleted everything in the large mailbox so long ago that it is due. */
async function deleteLongAgo(client: pg.Client): Promise<void> {
  const of = `account_id = (select account_id from item group by account_id order by count(*) desc limit 1)`
  await client.query(`create temporary table due as select account_id, item_id from item where ${of}`)
  await client.query(
    'delete from placement p using due where p.account_id = due.account_id and p.item_id = due.item_id',
  )
  await client.query(`update item set deleted_at = now() - interval '46 days' where ${of}`)
  // That nearly all is due at once would stop it otherwise.
  await client.query(
    `insert into brake (seen_at, released_until) values (now(), now() + interval '1 day')
     on conflict (only_one) do update set held_for = null, seen_at = now(), released_until = excluded.released_until`,
  )
}

const eraseNow = (client: pg.Client): Promise<unknown> => client.query("select graphile_worker.add_job('retention')")

async function waiting(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int as count from item where deleted_at is not null',
  )
  return rows[0]?.count ?? 0
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 500))
