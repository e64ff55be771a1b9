import type { Method } from '../calls/method.ts'

/** Core/echo gives back exactly what it is given. RFC 8620 §4. */
export const echo: Method = { name: 'Core/echo', run: async (_session, args) => args }
