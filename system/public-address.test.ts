import { test } from 'node:test'
import assert from 'node:assert/strict'
import { isSelfOrNobody } from './public-address.ts'

const places: Record<string, boolean> = {
  '127.0.0.1': true,
  '127.9.9.9': true,
  '0.0.0.0': true,
  '224.0.0.1': true,
  '255.255.255.255': true,
  '::': true,
  '::1': true,
  'ff02::1': true,
  '::ffff:127.0.0.1': true,
  '::ffff:7f00:1': true,
  '0:0:0:0:0:0:0:1': true,
  '192.0.2.1': false,
  '12.7.0.1': false,
  '2001:db8::1': false,
  '::ffff:192.0.2.1': false,
}
for (const [address, expected] of Object.entries(places))
  test(`${address} is ${expected ? 'this machine, everybody or nobody' : 'somebody else'}`, () => {
    assert.equal(isSelfOrNobody(address), expected)
  })
