import { upgradeWebSocket } from '@hono/node-server'
import { WebSocketServer, type WebSocket } from 'ws'
import { Refusal, type Log } from '#system'
import { Problem } from '../calls/errors.ts'
import type { Capability } from '../capability.ts'
import type { JmapContext, Visitor, WireContext } from '../context.ts'
import { parseRequest, type Api } from '../endpoints/api.ts'
import { writeIJson } from '../json/ijson.ts'
import { limits } from '../limits.ts'
import type { Connections } from './connections.ts'
import type { Publisher } from './publisher.ts'
import { statesIn, type TypeState } from './states.ts'

/** RFC 8887 §3. */
export const webSocketCapability: Capability = {
  uri: 'urn:ietf:params:jmap:websocket',
  server: (_config, origin) => ({ url: `${origin.replace(/^http/, 'ws')}/jmap/ws`, supportsPush: true }),
  methods: [],
}

/** Answers that a client has not taken yet, in bytes; it has to take some before it may ask for more. */
const MOST_PENDING = 32_000_000

/** How often a connection is asked whether it is still there; one without an answer by the next time is not. */
const PING_MS = 45_000

/** WebSocket close codes, RFC 6455 §7.4.1. */
const CLOSE = { goingAway: 1001, unsupportedData: 1003, policyViolation: 1008, tryAgainLater: 1013 }

/** For one HTTP server. Messages may be as long as requests; compression would cost memory per connection. */
export const newWebSocketServer = (): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.maxSizeRequest,
    perMessageDeflate: false,
    // How long the other side may take to say goodbye; the types do not know it yet.
    ...({ closeTimeout: 3000 } as object),
    handleProtocols: (offered) => (offered.has('jmap') ? 'jmap' : false),
  })

/** What every WebSocket needs. */
interface Parts {
  api: Api
  connections: Connections
  publisher: Publisher
}

/** The handler of GET /jmap/ws. RFC 8887 §4. */
export const webSocket = (context: JmapContext, parts: Parts) =>
  upgradeWebSocket(
    async (c) => {
      const offered = (c.req.header('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim())
      if (!offered.includes('jmap')) throw new Refusal('invalid', { fields: ['Sec-WebSocket-Protocol'] })
      const visitor = await context.authenticate(c as unknown as WireContext)
      // Before the connection stands, so that whatever changes from then on is told.
      const states = await parts.publisher.states(visitor.account)
      return { onOpen: (_event, { raw }) => converse(raw as unknown as WebSocket, visitor, states, parts, context.log) }
    },
    { onError: (error) => context.log.error({ err: error }, 'a WebSocket failed') },
  )

/** Speaks with one client until either ends it. */
function converse(socket: WebSocket, visitor: Visitor, states: TypeState, parts: Parts, log: Log): void {
  let stopPush: (() => void) | undefined
  const send = (message: object): void => {
    if (socket.readyState === socket.OPEN) socket.send(writeIJson(message))
  }

  let leave: () => void
  try {
    leave = parts.connections.add(visitor, () => socket.close(CLOSE.goingAway))
  } catch {
    return socket.close(CLOSE.tryAgainLater)
  }
  const stopPings = keepAlive(socket)
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    leave()
    stopPings()
    stopPush?.()
  })

  const handlers: Record<string, (message: Message) => Promise<void>> = {
    async Request(message) {
      if (!(await visitor.isStillSignedIn())) return socket.close(CLOSE.policyViolation)
      const response = await parts.api.process(visitor, async () => message)
      send({ '@type': 'Response', ...requestId(message), ...response })
    },
    async WebSocketPushEnable(message) {
      const { types, since } = checkPushEnable(message)
      stopPush?.()
      stopPush = parts.publisher.subscribe(visitor, {
        types,
        since: since ?? states,
        tell: (change, pushState) => send({ ...change, pushState }),
      })
    },
    async WebSocketPushDisable() {
      stopPush?.()
      stopPush = undefined
    },
  }

  const answer = async (text: string): Promise<void> => {
    let message: Message | undefined
    try {
      message = checkMessage(parseRequest(text))
      const handle = Object.hasOwn(handlers, message['@type']) ? handlers[message['@type']] : undefined
      if (handle === undefined) throw new Problem('notRequest', 'The message is of no known @type.')
      await handle(message)
    } catch (error) {
      if (!(error instanceof Problem)) return fail(socket, error, log)
      send({ '@type': 'RequestError', requestId: null, ...(message && requestId(message)), ...error.toJSON() })
    }
  }

  socket.on('message', (data, isBinary) => {
    if (isBinary) return socket.close(CLOSE.unsupportedData)
    if (socket.bufferedAmount > MOST_PENDING) return socket.close(CLOSE.policyViolation)
    void answer((data as Buffer).toString())
  })
}

interface Message {
  '@type': string
  [property: string]: unknown
}

function checkMessage(raw: unknown): Message {
  if (typeof raw === 'object' && raw !== null && typeof (raw as Message)['@type'] === 'string') return raw as Message
  throw new Problem('notRequest', 'The message is not an object with an @type.')
}

/** The client's own id of a request, by which it knows the answer. RFC 8887 §4.3.2. */
const requestId = ({ id }: Message): { requestId?: string } => (typeof id === 'string' ? { requestId: id } : {})

/** RFC 8887 §4.3.5.2. */
function checkPushEnable(message: Message): { types: ReadonlySet<string> | undefined; since: TypeState | undefined } {
  const { dataTypes = null, pushState = null } = message
  const isList =
    Array.isArray(dataTypes) && dataTypes.length <= 100 && dataTypes.every((type) => typeof type === 'string')
  if (dataTypes !== null && !isList) throw new Problem('notRequest', '"dataTypes" is not a list of strings.')
  if (pushState !== null && typeof pushState !== 'string')
    throw new Problem('notRequest', '"pushState" is not a string.')
  return {
    types: isList ? new Set(dataTypes as string[]) : undefined,
    since: pushState === null ? undefined : statesIn(pushState),
  }
}

function keepAlive(socket: WebSocket): () => void {
  let isAlive = true
  socket.on('pong', () => (isAlive = true))
  const timer = setInterval(() => {
    if (!isAlive) return socket.terminate()
    isAlive = false
    socket.ping()
  }, PING_MS).unref()
  return () => clearInterval(timer)
}

/** A request could not even be looked at: the client is to come again. */
function fail(socket: WebSocket, error: unknown, log: Log): void {
  log.error({ err: error }, 'a WebSocket request failed')
  socket.close(CLOSE.tryAgainLater)
}
