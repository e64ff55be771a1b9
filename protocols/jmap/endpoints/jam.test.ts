/** Somebody else's client against our server. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSession } from '#accounts'
import { startServer } from '#test/server'

interface Jam {
  session: Promise<{ username: string; accounts: Record<string, unknown> }>
  uploadBlob(accountId: string, body: Blob): Promise<{ blobId: string; size: number; type: string }>
  downloadBlob(of: { accountId: string; blobId: string; mimeType: string; fileName: string }): Promise<Response>
}

// The package's types are sources that our compiler options refuse: it is loaded without them.
const name: string = 'jmap-jam'
const { JamClient } = (await import(name)) as {
  JamClient: new (options: { sessionUrl: string; bearerToken: string }) => Jam
}

test('jmap-jam finds the session, brings a file and gets it back', async (t) => {
  const server = await startServer(t, {}, ['http'])
  const person = await server.createAccount()
  const { token } = await openSession(server.storage, { accountId: person.id, kind: 'bearer' })
  const jam = new JamClient({ sessionUrl: `${server.http}/.well-known/jmap`, bearerToken: token })
  const session = await jam.session
  assert.equal(session.username, person.address)
  const accountId = Object.keys(session.accounts)[0] ?? ''
  const { blobId, size, type } = await jam.uploadBlob(accountId, new Blob(['hello'], { type: 'text/plain' }))
  assert.deepEqual([size, type], [5, 'text/plain'])
  const response = await jam.downloadBlob({ accountId, blobId, mimeType: 'text/plain', fileName: 'hello.txt' })
  assert.equal(await response.text(), 'hello')
})
