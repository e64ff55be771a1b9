import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networkOf } from './network.ts'

const networks: [ip: string, network: string][] = [
  ['192.0.2.200', '192.0.2.0/24'],
  ['192.0.2.1', '192.0.2.0/24'],
  ['192.0.3.1', '192.0.3.0/24'],
  ['127.0.0.1', '127.0.0.0/24'],
  ['::ffff:192.0.2.200', '192.0.2.0/24'],
  ['::FFFF:c000:02c8', '192.0.2.0/24'],
  ['2001:db8:0:4200::1', '2001:db8:0:4200::/56'],
  ['2001:db8:0:42ff:ffff:ffff:ffff:ffff', '2001:db8:0:4200::/56'],
  ['2001:0db8:0000:4300:0:0:0:1', '2001:db8:0:4300::/56'],
  ['2001:db8::', '2001:db8:0:0::/56'],
  ['::1', '0:0:0:0::/56'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/56'],
  ['fe80::1%eth0', 'fe80:0:0:0::/56'],
  ['', 'unknown'],
  ['localhost', 'unknown'],
  ['192.0.2.200:80', 'unknown'],
  ['[::1]', 'unknown'],
  ['::1%eth0]/@evil.example', '0:0:0:0::/56'],
  ['1'.repeat(100_000), 'unknown'],
]
for (const [ip, network] of networks) {
  test(`"${ip.slice(0, 40)}" counts for ${network}`, () => {
    assert.equal(networkOf(ip), network)
  })
}
