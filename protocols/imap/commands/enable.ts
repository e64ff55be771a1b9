import { command } from '../command.ts'
import { ok } from '../reply.ts'
import type { Enabled } from '../session.ts'

/** What can be enabled, and what comes with it. */
const EXTENSIONS: Record<string, readonly Enabled[]> = {
  CONDSTORE: ['CONDSTORE'],
  // RFC 7162 §3.2.3.
  QRESYNC: ['QRESYNC', 'CONDSTORE'],
  'UTF8=ACCEPT': ['UTF8=ACCEPT'],
  IMAP4REV2: ['IMAP4REV2'],
  UIDONLY: ['UIDONLY'],
}

/** RFC 9051 §6.3.1; RFC 5161. What is not known is passed over. */
export const enable = command({
  name: 'ENABLE',
  states: ['authenticated', 'selected'],
  parse(input) {
    const names: string[] = []
    do {
      input.space()
      names.push(input.word())
    } while (!input.isAtEnd)
    return { names }
  },
  async run(session, { names }) {
    const fresh = names.filter((name) => Object.hasOwn(EXTENSIONS, name) && !session.has(name as Enabled))
    for (const name of fresh) for (const one of EXTENSIONS[name] as readonly Enabled[]) session.enabled.add(one)
    session.untagged(`ENABLED${fresh.map((name) => ` ${name === 'IMAP4REV2' ? 'IMAP4rev2' : name}`).join('')}`)
    return ok('ENABLE completed')
  },
})
