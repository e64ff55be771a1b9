import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { after, test, type TestContext } from 'node:test'
import { asAdministrator } from '#test/cluster'
import { testDatabase } from '#test/database'
import { startServer } from '#test/server'
import { addStaff } from '#test/staff'

const server = await startServer({ after }, {}, ['worker', 'desk'])
const { storage, config, desk } = server

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

function send(url: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    const asked = request(url, { method, headers, rejectUnauthorized: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    asked.on('error', failed).end(body)
  })
}

const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
  send(`${desk}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: desk, ...headers },
    body: new URLSearchParams(fields).toString(),
  })

test('every page of the desk leads whoever is not signed in to do so, and says nothing else', async () => {
  for (const path of ['/de/', '/fr/health', '/nl/me', '/en/agreement']) {
    const { status, headers } = await send(`${desk}${path}`)
    assert.deepEqual([status, headers['location']], [303, `${path.slice(0, 3)}/sign-in`], path)
  }
})

test('the desk is kept by no cache, framed by nobody, and runs nothing from elsewhere', async () => {
  const member = await addStaff(storage, config)
  const { headers, text } = await send(`${desk}/en/health`, { headers: { cookie: `__Host-desk=${member.session}` } })
  assert.equal(headers['cache-control'], 'no-store')
  assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.equal(headers['set-cookie'], undefined)
  assert.doesNotMatch(text, /(?:src|href)="https?:/)
})

const HOSTILE: [attack: string, headers: Record<string, string>, status: number][] = [
  ['a form of another site', { Origin: 'https://evil.example' }, 403],
  ['a form without an origin', { Origin: '' }, 403],
  ['a form of a page without one', { Origin: 'null' }, 403],
  ['another name than ours', { Host: 'evil.example' }, 421],
]
for (const [attack, headers, status] of HOSTILE)
  test(`the desk takes no ${attack}`, async () => {
    const member = await addStaff(storage, config)
    const cookie = `__Host-desk=${member.session}`
    const answer = await post('/en/sign-out', {}, { cookie, ...headers })
    assert.equal(answer.status, status)
    const still = await send(`${desk}/en/`, { headers: { cookie } })
    assert.equal(still.status, 200, 'the session goes on')
  })

test('a form of more than twelve megabytes is not read', async () => {
  // Its beginning alone: whoever goes on sending is cut off, perhaps before they have read the answer.
  const asked = request(`${desk}/en/sign-in`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: desk, 'Content-Length': 13_000_000 },
    rejectUnauthorized: false,
  })
  asked.write('login=x')
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  assert.equal(answer.statusCode, 413)
  asked.on('error', () => undefined).destroy()
})

test('markup in what was typed is shown as text', async () => {
  const { text } = await post('/en/sign-in', { login: '"><script>alert(1)</script>', password: 'x' })
  assert.match(text, /&quot;&gt;&lt;script&gt;/)
})

/** A login of the database that can be what is named, and nothing else. */
async function addLogin(t: TestContext, role: string): Promise<string> {
  const { url } = await testDatabase()
  const login = `desk_${randomBytes(6).toString('hex')}`
  await asAdministrator(url, `create role ${login} login in role ${role}`)
  t.after(() => asAdministrator(url, `drop role ${login}`))
  const { pathname, searchParams } = new URL(url)
  return `postgres://${login}@/${searchParams.get('db')}?host=${encodeURIComponent(pathname)}`
}

/** Starts `./zegel serve --only desk` as its own user would: without the data folder, without the key. */
async function startAlone(t: TestContext, databaseUrl: string) {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-desk-'))
  const settings = join(folder, 'desk.toml')
  writeFileSync(
    settings,
    `trial = true\nhostname = "zegel.test"\n[desk]\nport = 0\ndatabaseUrl = ${JSON.stringify(databaseUrl)}\n`,
  )
  const child = spawn(resolve(import.meta.dirname, '../../zegel'), ['serve', '--only', 'desk'], {
    env: {
      ...process.env,
      ZEGEL_DATA: join(folder, 'data'),
      ZEGEL_KEY: join(folder, 'there-is-no-key'),
      ZEGEL_CONFIG: settings,
      ZEGEL_PORT_OFFSET: '0',
    },
  })
  t.after(async () => {
    if (child.exitCode === null) {
      child.kill()
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true })
  })
  let said = ''
  let url = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => (said += piece))
  const isReady = await new Promise<boolean>((done) => {
    createInterface(child.stdout).on('line', (line) => {
      url = /^ {2}desk +(https:\S+[^/])\/$/.exec(line)?.[1] ?? url
      if (line === 'ready') done(true)
    })
    // Not at its exit: what it said may not be read yet then.
    child.once('close', () => done(false))
  })
  return { isReady, url, said: () => said, code: () => child.exitCode }
}

test('the desk runs alone, with a login of its own and without the master key, and shows what the app’s part tells it', async (t) => {
  const alone = await startAlone(t, await addLogin(t, 'zegel_desk'))
  assert.ok(alone.isReady, alone.said())
  const member = await addStaff(storage, config)
  const { status, text } = await send(`${alone.url}/en/`, { headers: { cookie: `__Host-desk=${member.session}` } })
  assert.deepEqual([status, text.includes(member.name)], [200, true])
})

test('the desk does not run alone with a login that could be more', async (t) => {
  const alone = await startAlone(t, await addLogin(t, 'zegel_desk, zegel_app'))
  assert.equal(alone.isReady, false)
  assert.match(alone.said(), /this login can be more than zegel_desk/)
  assert.equal(alone.code(), 78)
})
