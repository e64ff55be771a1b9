import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Asked } from '#mail/authentication'
import { silent, testConfig } from '#test/cluster'
import { startNameServer } from '#test/name-server'
import { openExamination } from './index.ts'

const names = await startNameServer(
  { after },
  { 'example.org': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] }, 'silent.example': 'silent' },
)
const config = testConfig({ dataFolder: '/nowhere', keyFile: '/nowhere.key' })
const examination = openExamination({ ...config, dns: { servers: [names.address] } }, silent)
after(() => examination.close())

const asked = (domain: string): Asked => ({
  clientAddress: '192.0.2.1',
  heloName: 'mail.example.org',
  mailFrom: `bea@${domain}`,
})
const bea = Buffer.from(
  `From: Bea <bea@example.org>\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <1@example.org>\r\n\r\nRed ones.\r\n`,
)

test('hundreds of letters at a time are all answered, those of name servers that say nothing too', async () => {
  const found = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      examination.examine(bea, asked(i % 10 === 0 ? 'silent.example' : 'example.org')),
    ),
  )
  const results = found.map(({ origin }) => origin?.authenticated.spf.result)
  assert.ok(results.every((result, i) => (result === 'pass') === (i % 10 !== 0)))
})

test('a letter of our own people is looked into, and nobody is asked about it', async () => {
  const before = names.questions.length
  const { origin, contents } = await examination.examine(bea, undefined)
  assert.deepEqual([origin, contents.findings, names.questions.length], [undefined, [], before])
})

test('what was not looked into does not go through', async () => {
  const closed = openExamination(config, silent)
  const asking = assert.rejects(closed.examine(bea, undefined), { reason: 'unavailable' })
  await closed.close()
  await asking
  await assert.rejects(closed.examine(bea, undefined), { reason: 'unavailable' })
})
