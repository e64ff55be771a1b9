import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openLog } from '#system'
import { findLeaks } from './leaks.ts'
import { SECRETS } from './marks.ts'

function folderWith(t: TestContext, logs: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-leaks-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(logs)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

const CLEAN = [
  '{"level":30,"time":1795974867000,"job":"retention","sessions":3,"msg":"job done"}',
  '{"level":50,"time":1795974867000,"letter":17,"err":{"name":"Refusal","code":"57P01","at":["items/add.ts:12","@hono/node-server/index.mjs:7"]},"msg":"SMTP command failed"}',
  '2026-11-29 17:54:27.123 UTC [4711] FATAL:  terminating connection due to administrator command',
  '2026-11-29 17:54:27.123 UTC [4711] FATAL:  database "test_0123456789abcdef" does not exist',
  '(node:12) Warning: Use `node --trace-warnings ...` of v24.21.0 to show where it was created',
]

test('a log with ids, counts and kinds of errors is clean', (t) => {
  assert.deepEqual(findLeaks(folderWith(t, { 'a.log': `${CLEAN.join('\n')}\n`, 'below/b.log': '' })), {
    leaks: [],
    lines: CLEAN.length,
  })
})

const leaking: Record<string, string> = {
  'an address': '{"level":30,"msg":"letter for anna@zegel.test"}',
  'an address as a field': '{"level":30,"to":"bea@example.org","msg":"queued"}',
  'an address with a detail, in brackets': 'RCPT <anna+shop@mail.example.org> refused',
  'an address in PLAIN': `AUTH ${Buffer.from('\0person-1@zegel.test\0secret').toString('base64')}`,
  'a Message-ID': 'filed <17.abc@example.org>',
  'a subject': '{"level":20,"subject":"x","msg":"filed"}',
  'a header field': 'Subject: x',
  'a command': 'C: RCPT TO:<x>',
  'a client’s address': '{"level":30,"client":"192.0.2.17","msg":"connected"}',
  'a client’s address in text': 'connect from unknown[127.0.0.1]',
  'what the database says of a row': 'DETAIL:  Key (address_key)=(\\x00) already exists.',
  'values of a statement': "parameters: $1 = 'x'",
  ...Object.fromEntries(SECRETS.map((word) => [word, `it says ${word} there`])),
  'a word in UTF-8': 'the Rübenkuchen',
  'a word in base64': Buffer.from('ordnergeheim').toString('base64'),
  'a word in hexadecimal': Buffer.from('wortimanhang').toString('hex'),
}
for (const [what, line] of Object.entries(leaking))
  test(`found in a log: ${what}`, (t) => {
    const { leaks } = findLeaks(folderWith(t, { 'a/b.log': [...CLEAN, line, ...CLEAN].join('\n') }))
    assert.ok(leaks.length > 0)
    for (const { file, line: number } of leaks) assert.deepEqual([file, number], ['a/b.log', CLEAN.length + 1])
  })

test('a log of ours that is told too much is found, and the message of an error is not in it', (t) => {
  const folder = folderWith(t, {})
  const log = openLog('debug', join(folder, 'own.log'))
  log.error({ err: new Error('no such person: anna@zegel.test') }, 'failed')
  assert.deepEqual(findLeaks(folder), { leaks: [], lines: 1 })
  log.debug({ address: 'anna@zegel.test' }, 'signed in')
  assert.deepEqual(
    findLeaks(folder).leaks.map(({ line, what }) => [line, what]),
    [[2, 'a mail address or Message-ID']],
  )
})
