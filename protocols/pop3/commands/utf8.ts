import { command, nothing } from '../command.ts'
import { ok } from '../reply.ts'

/** UTF8: the client takes UTF-8 in header fields. RFC 6856 §2.1. Messages go as they are to those who do not say so as well. */
export const utf8 = command({
  name: 'UTF8',
  states: ['authorization'],
  parse: nothing,
  run: async () => ok('UTF-8 it is'),
})
