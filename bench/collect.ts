import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startChild } from '../test/child.ts'
import { startDovecot } from '../test/dovecot.ts'
import { openJmapClient } from '../test/jmap.ts'
import type { BenchOptions } from './run.ts'
import { SETTINGS } from './settings.ts'

interface Generator {
  message(seed: number, index: number, mix: string, to: string): { data: Buffer }
}

const person = { address: 'anna@zegel.test', password: 'a long enough password' }

/** `--count` (10,000) letters of mixed sizes (4, 20, 300 KB) come over from a Dovecot on loopback by IMAP without TLS, from the wish to the end. */
export async function collect({ count = 10_000 }: BenchOptions): Promise<string[]> {
  const undo: (() => Promise<void>)[] = []
  const dovecot = await startDovecot({ after: (clean) => undo.push(clean) })
  const allow = `127.0.0.1:${dovecot.imap}`
  const server = await startChild({ settings: `${SETTINGS}\n[fetch]\nallow = ["${allow}"]\n` })
  undo.push(() => server.stop())
  try {
    const { message } = (await import(new URL('../../shared/bench/load/lib.mjs', import.meta.url).href)) as Generator
    const client = await dovecot.client()
    for (let n = 0; n < count; n++) await client.append('INBOX', message(7, n, 'mix', person.address).data)
    await client.logout()
    await server.command(['account', 'create', person.address, '--password-stdin'], person.password)
    const jmap = await openJmapClient({ http: `http://127.0.0.1:${server.http}` }, person)
    const { imap: port, user, password } = dovecot
    const origin = { source: 'imap', host: '127.0.0.1', port, security: 'none', user, password }
    const [cpu, from] = [server.cpu(), performance.now()]
    const { created } = await jmap.call('MailImport/set', { create: { k: origin } })
    const { id } = (created as { k: { id: string } }).k
    let peak = 0
    for (;;) {
      const [found] = (await jmap.call('MailImport/get', { ids: [id] }))['list'] as { state: string; added: number }[]
      peak = Math.max(peak, server.residentMb())
      if (found?.state === 'failed') throw new Error('the import failed')
      if (found?.state !== 'done') {
        await sleep(50)
        continue
      }
      const seconds = (performance.now() - from) / 1000
      const each = ((server.cpu() - cpu) / found.added) * 1000
      return [
        `${found.added} letters by IMAP in ${seconds.toFixed(1)} s: ${Math.round(found.added / seconds)} letters/s, ` +
          `${each.toFixed(1)} ms CPU a letter, peak ${Math.round(peak)} MB`,
      ]
    }
  } finally {
    for (const clean of undo.toReversed()) await clean()
  }
}
