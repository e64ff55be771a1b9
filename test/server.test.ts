import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { findAddressee } from '#accounts'
import { startServer } from './server.ts'

test('a server answers on free ports, lets in the accounts made for it, and is gone when closed', async (t) => {
  const server = await startServer(t)
  const { id, address, password } = await server.createAccount('ada')
  assert.equal(address, 'ada@zegel.test')
  assert.equal(await findAddressee(server.storage, address), id)

  assert.equal((await fetch(`${server.http}/healthz`)).status, 200)
  const authorization = `Basic ${Buffer.from(`${address}:${password}`).toString('base64')}`
  const session = await fetch(`${server.http}/.well-known/jmap`, { headers: { authorization } })
  assert.equal(session.status, 200)

  const { host, port } = server.smtp
  const socket = connect(port, host)
  const [greeting] = (await once(socket, 'data')) as [Buffer]
  assert.match(greeting.toString(), /^220 zegel\.test /)
  socket.destroy()
  await server.close()
  const [error] = await once(connect(port, host), 'error').catch((error: unknown) => [error])
  assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED')
})
