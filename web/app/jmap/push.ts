import { connection, probe, session, whenOnline } from './client.svelte.ts'

const webSocket = 'urn:ietf:params:jmap:websocket'

/** The state strings of the types that changed, of the one account we show. RFC 8620 §7.1. */
export type StateChange = Record<string, string>

interface Channel {
  close(): void
}
type Open = (heard: (message: string) => void, opened: () => void, ended: () => void) => Channel

/**
 * Listens for changes until the tab closes: over a WebSocket (RFC 8887) where the server offers one, since a browser
 * allows only six HTTP/1.1 connections per host and every tab would hold one; else over EventSource (RFC 8620 §7.3).
 * @param heard   called with each change
 * @param opened  called each time the channel stands (again): what happened meanwhile has to be asked for
 */
export function listen(accountId: string, heard: (change: StateChange) => void, opened: () => void): void {
  let failures = 0

  function connect(open: Open): void {
    let stood = false
    open(
      (message) => {
        const change = stateChange(message, accountId)
        if (change) heard(change)
      },
      () => {
        stood = true
        failures = 0
        opened()
      },
      () => {
        if (connection.signedOut) return
        // A proxy that knows no WebSockets refuses the first attempt; EventSource passes it.
        const next = open === overWebSocket && !stood ? overEventSource : open
        if (stood) void probe()
        const wait = Math.min(2 ** failures++, 60) * (0.8 + Math.random() * 0.4)
        setTimeout(() => void whenOnline().then(() => connect(next)), wait * 1000)
      },
    )
  }

  connect(session().capabilities[webSocket]?.['supportsPush'] === true ? overWebSocket : overEventSource)
}

/** The part of a push message that concerns the account, if it is one and any. */
export function stateChange(message: string, accountId: string): StateChange | undefined {
  let body: unknown
  try {
    body = JSON.parse(message)
  } catch {
    return undefined
  }
  if (!body || typeof body !== 'object' || !('changed' in body)) return undefined
  return (body.changed as Record<string, StateChange> | null)?.[accountId]
}

const overWebSocket: Open = (heard, opened, ended) => {
  const socket = new WebSocket(String(session().capabilities[webSocket]?.['url']), 'jmap')
  socket.addEventListener('open', () => {
    socket.send(JSON.stringify({ '@type': 'WebSocketPushEnable', dataTypes: null }))
    opened()
  })
  socket.addEventListener('message', (event) => heard(String(event.data)))
  socket.addEventListener('close', ended)
  return socket
}

const overEventSource: Open = (heard, opened, ended) => {
  const url = session().eventSourceUrl.replace('{types}', '*').replace('{closeafter}', 'no').replace('{ping}', '60')
  const source = new EventSource(url)
  source.addEventListener('open', opened)
  source.addEventListener('state', (event) => heard(String(event.data)))
  source.addEventListener('error', () => {
    // The browser reconnects by itself unless the server refused; we do both, with our own back-off.
    source.close()
    ended()
  })
  return source
}
