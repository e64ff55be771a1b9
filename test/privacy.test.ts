import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import nodemailer from 'nodemailer'
import pg from 'pg'
import { removeFolder, startChild } from './child.ts'
import { openJmapClient } from './jmap.ts'
import { formsOf, SECRETS } from './marks.ts'

const server = await startChild()
after(() => removeFolder(server.folder))

/** All files below a folder. */
function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (entry.isFile()) yield path
  }
}

test('no word, address, name or subject of a delivered letter stands readable in a table, the write-ahead log or a file', async () => {
  const password = 'a long enough password'
  const address = 'empfaenger-geheim@zegel.test'
  await server.command(['account', 'create', address, '--password-stdin'], password)
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: server.smtp,
    name: 'absenderhost-geheim.example',
    tls: { rejectUnauthorized: false },
  })
  const attachment = { filename: 'wortimanhang.txt', content: 'wortimanhang '.repeat(30_000) }
  for (const attachments of [[], [attachment]])
    await transport.sendMail({
      from: '"Hollmannsdorf" <mareike-geheim@example.org>',
      to: address,
      subject: 'Rezept: quittenmarmelade',
      text: `Zwetschgenkuchen und mehr\n${'Zwetschgenkuchen\n'.repeat(50)}`,
      attachments,
    })

  // A folder and a label made, and the letters flagged, as the app would.
  const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, { address, password })
  await jmap.call('Mailbox/set', { create: { a: { name: 'ordnergeheim' } } })
  const { ids } = (await jmap.call('Email/query')) as { ids: string[] }
  assert.equal(ids.length, 2, 'both letters arrived')
  const update = Object.fromEntries(ids.map((id) => [id, { 'keywords/schlagwortgeheim': true }]))
  const { updated } = await jmap.call('Email/set', { update })
  assert.deepEqual(Object.keys(updated as object).toSorted(), ids.toSorted())

  // An app password, made and used.
  const token = await fetch(`http://127.0.0.1:${server.http}/jmap/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address, password }),
  })
  const owner = { ...jmap.headers }
  jmap.headers['authorization'] = `Bearer ${((await token.json()) as { token: string }).token}`
  const given = { name: 'handygeheim', scopes: ['mail'] }
  const set = await jmap.call('AppPassword/set', { password, create: { a: given } })
  const { secret } = (set['created'] as { a: { secret: string } }).a
  Object.assign(jmap.headers, owner)
  await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, { address, password: secret })
  const words = [...SECRETS, secret, secret.replaceAll('-', '')]

  // Both are in the index, and searched for in it, while somebody watches the database.
  const client = new pg.Client({ host: join(server.folder, 'data', 'sockets'), user: 'zegel', database: 'zegel' })
  await client.connect()
  const indexed =
    'select (select count(*) from item_words)::int as letters, (select count(*) from vocabulary)::int as words'
  for (let letters = 0; letters < 2; await sleep(50)) {
    const { rows } = await client.query<{ letters: number; words: number }>(indexed)
    letters = rows[0]?.letters ?? 0
    if (letters === 2) assert.ok((rows[0]?.words ?? 0) > 0, 'there is a vocabulary')
  }
  for (const text of ['quittenmarmelade', 'zwetschgen*', '"Rezept quittenmarmelade"', 'wortimanhang', '*geheim*']) {
    const found = (await jmap.call('Email/query', { filter: { text } })) as { ids: string[] }
    assert.ok(found.ids.length > 0, text)
    await jmap.call('SearchSnippet/get', { filter: { text }, emailIds: found.ids })
    await jmap.call('Search/suggest', { text: text.slice(0, 5) })
    const { rows: activity } = await client.query<{ row: string }>('select a::text as row from pg_stat_activity a')
    const seen = Buffer.from(activity.map(({ row }) => row).join('\n'))
    for (const word of words) for (const form of formsOf(word)) assert.ok(!seen.includes(form), `${word} is to be seen`)
  }

  // Every table as text, while the database runs.
  const { rows: tables } = await client.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
  )
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`select t::text as row from ${name} t`)
    const dump = Buffer.from(rows.map(({ row }) => row).join('\n'))
    for (const word of words)
      for (const form of formsOf(word)) assert.ok(!dump.includes(form), `${word} stands in ${name}`)
  }
  await client.query('checkpoint')
  await client.end()
  await server.stop()

  // Every file: tables, indexes, write-ahead log, blobs, settings.
  const all = [...files(server.folder)]
  assert.ok(
    all.some((file) => file.includes('pg_wal')) && all.some((file) => file.includes('/blobs/')),
    'the log and the blobs were looked at',
  )
  for (const file of all) {
    const content = readFileSync(file)
    for (const word of words)
      for (const form of formsOf(word)) assert.ok(!content.includes(form), `${word} stands in a file`)
  }
})
