import { test } from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A network that is the test's own, so that servers can have the ports of the world, and names. */
const [HERE, THERE] = [`zegel-${process.pid}-a`, `zegel-${process.pid}-b`]
const HOME = '198.51.100'

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
}

/** Nothing else bounds it: while it is waited for, no timer of this process runs. */
const WALK_MS = 150_000

const isRoot = process.getuid?.() === 0

test(
  'two bare machines become mail servers by ./zegel setup, and write to each other over port 25',
  { skip: isRoot ? false : 'namespaces of the network are root’s' },
  (t) => {
    t.after(() => {
      for (const name of [HERE, THERE]) {
        spawnSync('ip', ['netns', 'del', name])
        rmSync(`/etc/netns/${name}`, { recursive: true, force: true })
      }
    })
    for (const name of [HERE, THERE]) {
      ip('netns', 'add', name)
      ip('-n', name, 'link', 'set', 'lo', 'up')
      mkdirSync(`/etc/netns/${name}`, { recursive: true })
      writeFileSync(`/etc/netns/${name}/resolv.conf`, `nameserver ${HOME}.53\n`)
    }
    ip('-n', HERE, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', THERE)
    ip('-n', HERE, 'addr', 'add', `${HOME}.10/24`, 'dev', 'eth0')
    for (const last of [20, 30, 53]) ip('-n', THERE, 'addr', 'add', `${HOME}.${last}/24`, 'dev', 'eth0')
    for (const name of [HERE, THERE]) ip('-n', name, 'link', 'set', 'eth0', 'up')
    // Else it would take itself for a part of this file, and say nothing.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const walked = spawnSync(
      'ip',
      ['netns', 'exec', THERE, process.execPath, '--test', join(import.meta.dirname, 'walk.ts')],
      { encoding: 'utf8', env: { ...env, ZEGEL_TEST_NETNS: HERE }, timeout: WALK_MS, killSignal: 'SIGKILL' },
    )
    assert.equal(walked.status, 0, walked.stdout + walked.stderr)
    assert.match(walked.stdout, /pass 5\n/)
  },
)
