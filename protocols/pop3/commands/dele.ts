import { command, nothing } from '../command.ts'
import { ok } from '../reply.ts'

/** DELE marks a message: it goes at QUIT, and not before. RFC 1939 §5. */
export const dele = command({
  name: 'DELE',
  states: ['transaction'],
  writes: true,

  // "DELE" SP msg
  parse(input) {
    input.space()
    const number = input.number()
    input.end()
    return { number }
  },

  async run({ maildrop }, { number }) {
    maildrop.mark(number)
    return ok('It goes when you do')
  },
})

/** RSET takes the marks away. RFC 1939 §5. */
export const rset = command({
  name: 'RSET',
  states: ['transaction'],
  parse: nothing,
  async run({ maildrop }) {
    maildrop.unmark()
    return ok('Nothing is deleted')
  },
})
