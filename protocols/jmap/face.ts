import { Hono } from 'hono'
import type { WebSocketServer } from 'ws'
import { openIndicators } from '#mail/indicators'
import { openFetch } from '#system'
import { openGate } from './calls/gate.ts'
import { openRegistry } from './calls/registry.ts'
import { capabilities } from './capabilities.ts'
import type { JmapContext, Wire, WireApp, WireContext } from './context.ts'
import { answerApi, openApi } from './endpoints/api.ts'
import { download } from './endpoints/download.ts'
import { heldDownload, HELD_AT_ONCE } from './endpoints/held.ts'
import { indicator } from './endpoints/indicator.ts'
import { openPictureShop, picture, PICTURES_AT_ONCE, PICTURES_WAITING } from './endpoints/picture.ts'
import { openSessions } from './endpoints/session.ts'
import { exportDownload, EXPORTS_AT_ONCE, importPart } from './endpoints/transfer.ts'
import { upload } from './endpoints/upload.ts'
import { limits, MAX_WAITING } from './limits.ts'
import { openConnections } from './push/connections.ts'
import { eventSource } from './push/event-source.ts'
import { openPublisher } from './push/publisher.ts'
import { newWebSocketServer, webSocket } from './push/web-socket.ts'

export interface Jmap {
  /** The routes. */
  app: WireApp
  /** What an HTTP server needs to accept WebSockets; one for each. */
  newWebSocketServer(): WebSocketServer
  /** Ends the connections that stay open. */
  close(): void
}

export function openJmap(context: JmapContext): Jmap {
  const registry = openRegistry(capabilities)
  const sessions = openSessions(context, registry)
  const api = openApi(context, registry, sessions, openGate(limits.maxConcurrentRequests, MAX_WAITING))
  const uploads = openGate(limits.maxConcurrentUpload, MAX_WAITING)
  const held = openGate(HELD_AT_ONCE, 0)
  const exports = openGate(EXPORTS_AT_ONCE, 0)
  const fetch = openFetch(context.config)
  const indicators = openIndicators(fetch)
  const pictures = openPictureShop(fetch, openGate(PICTURES_AT_ONCE, PICTURES_WAITING))
  const connections = openConnections(context)
  const publisher = openPublisher(registry.types, context.log)

  const session = async (c: WireContext): Promise<Response> => {
    const visitor = await context.authenticate(c)
    return c.json(await sessions.describe(visitor, context.origin(c)), 200, {
      'Cache-Control': 'no-cache, no-store, must-revalidate',
    })
  }

  const app = new Hono<Wire>()
  app.get('/.well-known/jmap', session)
  app.get('/jmap/session', session)
  app.post('/jmap/api', async (c) => answerApi(api, await context.authenticate(c), c))
  app.post('/jmap/upload/:accountId/', async (c) => upload(context, uploads, await context.authenticate(c), c))
  app.get('/jmap/download/:accountId/:blobId/:name', async (c) =>
    download(context, registry, await context.authenticate(c), c),
  )
  app.get('/jmap/held/:accountId/:token', async (c) => heldDownload(context, held, await context.authenticate(c), c))
  app.post('/jmap/import/:accountId/:importId/:at', async (c) => importPart(uploads, await context.authenticate(c), c))
  app.get('/jmap/export/:accountId/:choice/:token', async (c) =>
    exportDownload(context, exports, await context.authenticate(c), c),
  )
  app.get('/jmap/picture/:accountId', async (c) => picture(pictures, await context.authenticate(c), c))
  app.get('/jmap/indicator/:accountId/:emailId', async (c) => indicator(indicators, await context.authenticate(c), c))
  app.get('/jmap/eventsource/', async (c) => eventSource(connections, publisher, await context.authenticate(c), c))
  app.get('/jmap/ws', webSocket(context, { api, connections, publisher }), (c) =>
    c.text('This is a WebSocket.\n', 426, { Upgrade: 'websocket', Connection: 'Upgrade' }),
  )
  return { app, newWebSocketServer, close: () => connections.close() }
}
