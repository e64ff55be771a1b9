import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { openTestStorage } from '#test/database'

const { sql } = (await openTestStorage({ after })).database

test('bytes come as they are: none, no value, invalid UTF-8, and more than one packet takes', async () => {
  for (const value of [Buffer.alloc(0), null, Buffer.from('c3280080ff', 'hex'), randomBytes(3_000_000)]) {
    const { rows, rowCount } = await sql.bytes<{ value: Buffer | null; other: Buffer }>`
      select ${value}::bytea as value, '\\x01'::bytea as other`
    assert.deepEqual([rows[0]?.value, rows[0]?.other, rowCount], [value, Buffer.from([1]), 1])
  }
})

test('statements of both forms, sent at once over one connection, get each its own rows', async () => {
  const some = Array.from({ length: 60 }, (_, number) => randomBytes(number * 500))
  const answers = await Promise.all(
    some.map(async (bytes, number) => {
      if (number % 10 === 7) await assert.rejects(sql.bytes`select decode('x' || ${String(number)}::text, 'hex')`)
      if (number % 3 === 0) return (await sql<{ value: Buffer }>`select ${bytes}::bytea as value`).rows
      return (
        await sql.bytes<{ value: Buffer }>`select ${bytes}::bytea as value from generate_series(1, ${number % 4})`
      ).rows
    }),
  )
  for (const [number, rows] of answers.entries()) {
    assert.equal(rows.length, number % 3 === 0 ? 1 : number % 4)
    for (const { value } of rows) assert.ok(value.equals(some[number] as Buffer))
  }
})
