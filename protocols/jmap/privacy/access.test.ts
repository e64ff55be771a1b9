import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { publishHead, recordAccess } from '#trust/access'
import { openMailReader, type MailReader } from '#test/letters'
import { promised } from '#test/promises'
import { startServer } from '#test/server'

const server = await startServer({ after }, {}, ['http'])

async function accesses(reader: MailReader): Promise<Record<string, unknown>[]> {
  const { ids } = await reader.call('AccessEntry/query', {})
  return (await reader.call('AccessEntry/get', { ids }))['list'] as Record<string, unknown>[]
}

test(promised(10), async () => {
  const [anna, bert] = [await openMailReader(server), await openMailReader(server)]
  const about = [anna.person.id]
  const look = { by: 'commandLine', purpose: 'support', reference: 'Ticket 7', fields: ['addresses'] } as const
  for (const purpose of ['advertising', '', undefined])
    await assert.rejects(recordAccess(server.storage, about, { ...look, purpose: purpose as 'support' }), {
      reason: 'invalid',
    })
  assert.deepEqual(await accesses(anna), [])
  await recordAccess(server.storage, about, look)
  const [seen] = await accesses(anna)
  assert.deepEqual(
    [seen?.['by'], seen?.['purpose'], seen?.['reference'], seen?.['fields']],
    ['commandLine', 'support', 'Ticket 7', ['addresses']],
  )
  assert.deepEqual(await accesses(bert), [])
})

test('chain and heads are there for everybody, and say nothing about anybody', async () => {
  const anna = await openMailReader(server)
  await recordAccess(server.storage, [anna.person.id], {
    by: 'commandLine',
    purpose: 'checks',
    reference: 'Quittenmus',
    fields: ['state'],
  })
  await publishHead(server.storage, server.config)
  const chain = await fetch(`${server.http}/.well-known/zegel-access-chain`)
  const digests = Buffer.from(await chain.arrayBuffer())
  assert.ok(digests.length >= 32 && digests.length % 32 === 0)
  const published = await (await fetch(`${server.http}/.well-known/zegel-access.json`)).text()
  const { host, heads, keys } = JSON.parse(published) as { host: string; heads: { number: number }[]; keys: object[] }
  assert.deepEqual([host, heads.length, keys.length], [server.config.hostname, 1, 1])
  assert.ok((heads[0]?.number ?? 0) >= 1)
  assert.doesNotMatch(published, /Quittenmus|@/)
  assert.doesNotMatch(digests.toString('latin1'), /Quittenmus/)
  const rest = await fetch(`${server.http}/.well-known/zegel-access-chain?from=${digests.length / 32}`)
  assert.deepEqual(Buffer.from(await rest.arrayBuffer()), digests.subarray(-32))
  for (const from of ['0', '-1', 'x', '1e99', '1.5'])
    assert.equal((await fetch(`${server.http}/.well-known/zegel-access-chain?from=${from}`)).status, 400, from)
})

test('no filter and no other account', async () => {
  const anna = await openMailReader(server)
  const refused = await anna
    .call('AccessEntry/query', { filter: { purpose: 'checks' } })
    .catch((error: unknown) => error)
  assert.ok(refused instanceof Error)
})
