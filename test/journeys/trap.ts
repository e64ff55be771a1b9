import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Undo } from '../database.ts'

/** A server that must hear nothing. Every name below .test leads the browser to it (browser.ts). */
export interface Trap {
  /** Such as `http://pictures.werbung.test:40001`. */
  at(host: string): string
  /** Connections so far, whether or not anything was asked on them. */
  connections(): number
}

export async function startTrap(t: Undo): Promise<Trap> {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => undefined).end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => void server.close())
  server.unref()
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return { at: (host) => `http://${host}:${address.port}`, connections: () => connections }
}
