import { ALWAYS, command, nothing } from '../command.ts'
import { capabilities } from '../capabilities.ts'
import { nstring, string } from '../output/strings.ts'
import { ok } from '../reply.ts'

/** RFC 9051 §6.1.1. */
export const capability = command({
  name: 'CAPABILITY',
  states: ALWAYS,
  parse: nothing,
  async run(session) {
    session.untagged(`CAPABILITY ${capabilities(session)}`)
    return ok('CAPABILITY completed')
  },
})

/** RFC 9051 §6.1.2. What has happened is told after every command. */
export const noop = command({
  name: 'NOOP',
  states: ALWAYS,
  parse: nothing,
  async run(session) {
    await session.selected?.view.refresh()
    return ok('NOOP completed')
  },
})

/** RFC 9051 §6.1.3. */
export const logout = command({
  name: 'LOGOUT',
  states: ALWAYS,
  parse: nothing,
  async run(session) {
    session.unselect()
    session.untagged('BYE Goodbye')
    session.isOver = true
    return ok('LOGOUT completed')
  },
})

/** RFC 2971 §3.3: at most 30 fields, of 30 and 1024 bytes. */
const MOST_FIELDS = 30

/** ID. RFC 2971: what a program says of itself is for the owner's list of devices, and nothing else. */
export const id = command({
  name: 'ID',
  states: ALWAYS,
  parse(input) {
    input.space()
    const texts = input.peek() === '(' ? input.list(() => input.nstring()) : [input.nstring()]
    input.end()
    const fields = new Map<string, string>()
    for (let at = 0; at + 1 < texts.length && fields.size < MOST_FIELDS; at += 2)
      fields.set((texts[at] ?? '').toLowerCase(), (texts[at + 1] ?? '').slice(0, 1024))
    return { name: fields.get('name') }
  },
  async run(session, { name }) {
    session.clientName = name
    session.untagged(`ID (${string('name')} ${string('Zegel')} ${string('version')} ${nstring(null)})`)
    return ok('ID completed')
  },
})
