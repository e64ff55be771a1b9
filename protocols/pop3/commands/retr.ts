import { openMessages, streamMessage } from '#mail'
import { command } from '../command.ts'
import { transparent } from '../output/transparent.ts'
import { Declined, ok } from '../reply.ts'
import type { Session } from '../session.ts'

/**
 * RETR sends a message. RFC 1939 §5. It is not marked as seen: a program that fetches everything every few minutes, and
 * leaves it there, says nothing about what somebody has read, who would otherwise find all of it read in the webmail.
 */
export const retr = command({
  name: 'RETR',
  states: ['transaction'],

  // "RETR" SP msg
  parse(input) {
    input.space()
    const number = input.number()
    input.end()
    return { number }
  },

  async run(session, { number }) {
    const size = session.maildrop.sizeOf(number)
    return ok(`${size} octets`, transparent(await contentOf(session, number)))
  },
})

/** TOP sends a message's header and the first lines of its body. RFC 1939 §7. */
export const top = command({
  name: 'TOP',
  states: ['transaction'],

  // "TOP" SP msg SP n
  parse(input) {
    input.space()
    const number = input.number()
    input.space()
    const lines = input.number()
    input.end()
    return { number, lines }
  },

  run: async (session, { number, lines }) => ok('The top of it', transparent(await contentOf(session, number), lines)),
})

/** What a message has, in pieces; the first is at hand, so that one that has gone is refused in time. @throws Declined, Refusal */
async function contentOf({ account, maildrop }: Session, number: number): Promise<AsyncIterable<Uint8Array>> {
  const [opened] = await openMessages(account, [maildrop.itemOf(number)], { contents: true })
  if (opened === undefined) throw new Declined('That message has gone meanwhile')
  const { content, summary } = opened
  if (content !== undefined) return only(content)
  const pieces = streamMessage(account, summary.blob)
  const first = await pieces.next()
  return first.done === true ? only(Buffer.alloc(0)) : following(first.value, pieces)
}

async function* only(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

async function* following(first: Uint8Array, others: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first
    yield* others
  } finally {
    await others.return(undefined)
  }
}
