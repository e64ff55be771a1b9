import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readFileSync } from 'node:fs'
import { Refusal } from '#system'
import { refuseWeakPassword } from './new.ts'

const own = ['wilhelmina.x@zegel.test', 'willi@example.org']

const cases: [password: string, fault: string | undefined][] = [
  ['regenschirm mond vier', undefined],
  ['wilhelmina', undefined],
  ['1234567', 'short'],
  ['🔑🔑🔑🔑', 'short'],
  ['x'.repeat(257), 'long'],
  ['password', 'common'],
  ['PassWord', 'common'],
  [' passwort ', 'common'],
  ['ｐａｓｓｗｏｒｔ', 'common'],
  ['aaaaaaaaaaaa', 'common'],
  ['abababababab', 'common'],
  ['wilhelmina.x', 'address'],
  ['Wilhelmina.X@ZEGEL.test', 'address'],
  ['willi@example.org', 'address'],
]
for (const [password, fault] of cases)
  test(`${JSON.stringify(password.slice(0, 30))} ${fault === undefined ? 'will do' : `is refused: ${fault}`}`, () => {
    if (fault === undefined) refuseWeakPassword(password, own)
    else
      assert.throws(
        () => refuseWeakPassword(password, own),
        (error) => error instanceof Refusal && error.fields.join() === `password.${fault}`,
      )
  })

test('the list of common passwords has only what would otherwise be taken, once and in lower case', () => {
  const lines = readFileSync(new URL('./common.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')
  assert.equal(new Set(lines).size, lines.length)
  for (const line of lines) assert.ok(line.length >= 8 && line === line.toLowerCase(), line)
})
