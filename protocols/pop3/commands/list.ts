import { command, nothing } from '../command.ts'
import type { Input } from '../input/input.ts'
import type { Maildrop } from '../maildrop/maildrop.ts'
import { ok, type Reply } from '../reply.ts'

/** RFC 1939 §5: how many messages, and how many octets. */
export const stat = command({
  name: 'STAT',
  states: ['transaction'],
  parse: nothing,
  async run({ maildrop }) {
    const { count, octets } = maildrop.total
    return ok(`${count} ${octets}`)
  },
})

// [SP msg]
function parse(input: Input): { number: number | undefined } {
  const number = input.isAtEnd ? undefined : (input.space(), input.number())
  input.end()
  return { number }
}

/** RFC 1939 §5: a scan listing, which is a number and octets. */
export const list = command({
  name: 'LIST',
  states: ['transaction'],
  parse,
  run: async ({ maildrop }, { number }) => listing(maildrop, number, (one) => maildrop.sizeOf(one)),
})

/** RFC 1939 §7: a unique-id listing. */
export const uidl = command({
  name: 'UIDL',
  states: ['transaction'],
  parse,
  run: async ({ maildrop }, { number }) => listing(maildrop, number, (one) => maildrop.uniqueIdOf(one)),
})

function listing(maildrop: Maildrop, number: number | undefined, tell: (number: number) => number | string): Reply {
  if (number !== undefined) return ok(`${number} ${tell(number)}`)
  return ok(`${maildrop.total.count} messages`, linesOf(maildrop, tell))
}

/** Lines in one piece: a maildrop of a million is never one text. */
const SLICE = 500

function* linesOf(maildrop: Maildrop, tell: (number: number) => number | string): Generator<string> {
  let lines = ''
  let count = 0
  for (const number of maildrop.numbers()) {
    lines += `${number} ${tell(number)}\r\n`
    if (++count % SLICE > 0) continue
    yield lines
    lines = ''
  }
  if (lines !== '') yield lines
}
