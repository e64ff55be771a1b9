import { Refusal } from '#system'
import type { Visitor, WireContext } from '../context.ts'
import type { Connections } from './connections.ts'
import type { Publisher } from './publisher.ts'
import { statesIn } from './states.ts'

/** Seconds between pings, whatever is asked for. RFC 8620 §7.3 wants at most 30 and at least 300 to be possible. */
const PING = { least: 10, most: 900 }

/** Events that a client has not taken yet; one that lets more gather is not listening. */
const MOST_PENDING = 100

interface Wishes {
  types: ReadonlySet<string> | undefined
  closesAfterState: boolean
  pingSeconds: number
}

/** Answers GET of the event source URL. RFC 8620 §7.3. @throws Refusal 'invalid', 'overload' */
export async function eventSource(
  connections: Connections,
  publisher: Publisher,
  visitor: Visitor,
  c: WireContext,
): Promise<Response> {
  const wishes = checkWishes(c)
  if (c.req.method === 'HEAD') return c.body(null, 200, HEADERS)
  // Before the answer, so that nothing can happen between the two.
  const since = statesIn(c.req.header('last-event-id')) ?? (await publisher.states(visitor.account))
  // An open stream without pings is silent for hours.
  c.env.outgoing.socket?.setTimeout(0)
  return c.body(openStream(connections, publisher, visitor, wishes, since), 200, HEADERS)
}

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // nginx would keep events back.
  'X-Accel-Buffering': 'no',
}

function openStream(
  connections: Connections,
  publisher: Publisher,
  visitor: Visitor,
  { types, closesAfterState, pingSeconds }: Wishes,
  since: ReadonlyMap<string, string>,
): ReadableStream<Uint8Array> {
  const ending: (() => void)[] = []
  const end = (): void => {
    for (const step of ending.splice(0)) step()
  }
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const encoder = new TextEncoder()
      const send = (text: string): void => {
        controller.enqueue(encoder.encode(text))
        if ((controller.desiredSize ?? 0) < -MOST_PENDING) end()
      }
      ending.push(() => controller.close())
      ending.push(connections.add(visitor, end))

      const ping = (): void => send(`event: ping\ndata: {"interval":${pingSeconds}}\n\n`)
      const timer = pingSeconds === 0 ? undefined : setInterval(ping, pingSeconds * 1000).unref()
      ending.push(() => clearInterval(timer))
      const tell = (change: object, token: string): void => {
        send(`event: state\nid: ${token}\ndata: ${JSON.stringify(change)}\n\n`)
        timer?.refresh()
        if (closesAfterState) end()
      }
      // A comment, so that every proxy on the way has passed something on.
      send(': open\n\n')
      ending.push(publisher.subscribe(visitor, { types, since, tell }))
    },
    cancel() {
      // The stream is closed already.
      ending.shift()
      end()
    },
  })
}

function checkWishes(c: WireContext): Wishes {
  const { types = '*', closeafter = 'no', ping = '0' } = c.req.query()
  const isList = types.length <= 1000 && /^[A-Za-z]+(?:,[A-Za-z]+)*$/.test(types)
  if (types !== '*' && !isList) throw new Refusal('invalid', { fields: ['types'] })
  if (closeafter !== 'state' && closeafter !== 'no') throw new Refusal('invalid', { fields: ['closeafter'] })
  if (!/^\d{1,6}$/.test(ping)) throw new Refusal('invalid', { fields: ['ping'] })
  return {
    types: types === '*' ? undefined : new Set(types.split(',')),
    closesAfterState: closeafter === 'state',
    pingSeconds: Number(ping) === 0 ? 0 : Math.min(PING.most, Math.max(PING.least, Number(ping))),
  }
}
