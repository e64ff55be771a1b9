/** Within the network that setup.test.ts makes: names and an authority here, a server here, and one in the other namespace. */
import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { testConfig } from '#test/cluster'
import { dialImap } from '#test/imap'
import { startNameServer, type Zone } from '#test/name-server'
import { reservePebble } from '#test/pebble'
import { dialSmtp } from '#test/smtp'

const ROOT = join(import.meta.dirname, '../..')
const HOME = '198.51.100'
const undo = { after }
const folder = mkdtempSync(join(tmpdir(), 'zegel-setup-'))
chmodSync(folder, 0o711)
/** Servers run for all tests; a hook that a test registers would end with it. */
const ending: (() => Promise<void>)[] = []
after(async () => {
  await Promise.all(ending.map((end) => end()))
  rmSync(folder, { recursive: true, force: true })
})

const zone: Zone = { 'ca.example': { A: [`${HOME}.30`] } }
const names = await startNameServer(undo, zone, { host: `${HOME}.53`, port: 53 })
const place = { dataFolder: join(folder, 'ca'), keyFile: join(folder, 'ca.key') }
const pebble = await reservePebble(undo, testConfig(place), { host: `${HOME}.30`, name: 'ca.example' })
await pebble.start({ httpPort: 80, nameServer: names.address })

interface Printed {
  operator?: { address: string; password: string }
  records: { name: string; type: string; value: string; need: string; kind: string }[]
  items: { name: string; found: string; state: string; sentence: string }[]
}

/** A machine on which there is nothing yet. */
class Machine {
  readonly domain: string
  readonly address: string
  readonly #namespace: string | undefined
  readonly #env: NodeJS.ProcessEnv
  operator = { address: '', password: '' }

  constructor(domain: string, address: string, namespace?: string) {
    this.domain = domain
    this.address = address
    this.#namespace = namespace
    const data = join(folder, domain)
    this.#env = { ...process.env, ZEGEL_DATA: data, ZEGEL_KEY: `${data}.key` }
  }

  #run(args: string[]): ChildProcess {
    const program = [process.execPath, join(ROOT, 'main.ts'), ...args]
    const [file, ...rest] =
      this.#namespace === undefined ? program : ['ip', 'netns', 'exec', this.#namespace, ...program]
    return spawn(file as string, rest, { env: this.#env, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  async setup(...more: string[]): Promise<Printed & { status: number }> {
    const acme = ['--agree-terms', '--acme-directory', pebble.settings.directory]
    const authority = ['--acme-authority', pebble.settings.authority as string]
    const child = this.#run(['setup', this.domain, '--yes', '--no-unit', ...acme, ...authority, '--json', ...more])
    const ended = once(child, 'exit') as Promise<[number]>
    const [out, errors] = await Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
    ])
    const [status] = await ended
    assert.ok(out.startsWith('{'), errors)
    const printed = JSON.parse(out) as Printed
    this.operator = printed.operator ?? this.operator
    return { ...printed, status }
  }

  async serve(): Promise<void> {
    const child = this.#run(['serve'])
    const ended = once(child, 'exit')
    ending.push(async () => {
      child.kill('SIGTERM')
      await ended
    })
    child.stderr?.resume()
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
      if (line === 'ready') break
    child.stdout?.resume()
  }
}

/** What the operator does who reads what setup prints. The address they know. */
function publish(machine: Machine, { records }: Printed): void {
  for (const { name, type, value, kind } of records) {
    if (kind === 'address') continue
    const at = (zone[name] ??= {}) as Record<string, unknown[]>
    const values = (at[type] ??= [])
    if (type === 'MX') values.push({ preference: Number(value.split(' ')[0]), exchange: value.split(' ')[1] })
    else if (type === 'TXT' || type === 'PTR') values.push(value)
    else if (type === 'CNAME') at[type] = value as unknown as unknown[]
  }
  zone[`mail.${machine.domain}`] = { ...(zone[`mail.${machine.domain}`] as object), A: [machine.address] }
}

const found = ({ items }: Printed, name: string): string | undefined => items.find((item) => item.name === name)?.found

const here = new Machine('post.example', `${HOME}.10`, process.env['ZEGEL_TEST_NETNS'])
const there = new Machine('brief.example', `${HOME}.20`)

for (const machine of [here, there])
  test(`a bare machine is walked to a server that lacks nothing: ${machine.domain}`, async () => {
    // The machine knows its address by its name; of a machine without one setup says so.
    if (machine === there) zone[`mail.${machine.domain}`] = { A: [machine.address] }
    const bare = await machine.setup()
    assert.equal(bare.status, 1)
    assert.match(machine.operator.address, new RegExp(`^admin@${machine.domain}$`))
    for (const [name, what] of [
      ['address', machine === there ? 'here' : 'unknown'],
      ['ports', 'silent'],
      ['records', 'missing'],
      ['certificate', 'waiting'],
      ['port25', 'notTried'],
    ] as const)
      assert.equal(found(bare, name), what)
    zone[`mail.${machine.domain}`] = { A: [machine.address] }
    // Which of its addresses a machine has outside is known once its name has one.
    publish(machine, machine === there ? bare : await machine.setup())
    await machine.serve()
    const whole = await machine.setup()
    assert.equal(whole.operator, undefined, 'a second run makes no second operator')
    assert.deepEqual(
      whole.items.filter(({ state }) => state === 'now').map(({ sentence }) => sentence),
      [],
    )
    assert.deepEqual([whole.status, found(whole, 'certificate')], [0, 'issued'])
    for (const port of [443, 465, 993, 995]) {
      const socket = connectTls({
        host: machine.address,
        port,
        servername: `mail.${machine.domain}`,
        ca: await pebble.root(),
      })
      await once(socket, 'secureConnect')
      assert.ok(socket.authorized)
      socket.destroy()
    }
  })

test('whether port 25 is open outward is tried where the operator says so', async () => {
  const { items } = await here.setup('--try-mail-of', there.domain)
  assert.deepEqual(
    items.filter(({ name }) => name === 'port25').map((item) => item.found),
    ['open'],
  )
})

for (const [from, to] of [
  [here, there],
  [there, here],
] as const)
  test(`a letter of ${from.domain} arrives at ${to.domain} over port 25, and is known to come from there`, async (t) => {
    const smtp = await dialSmtp(t, { host: from.address, port: 465 }, { tls: true })
    const plain = Buffer.from(`\0${from.operator.address}\0${from.operator.password}`).toString('base64')
    assert.match(await smtp.say(`AUTH PLAIN ${plain}`), /^235/)
    assert.match(await smtp.say(`MAIL FROM:<${from.operator.address}>`), /^250/)
    assert.match(await smtp.say(`RCPT TO:<postmaster@${to.domain}>`), /^250/)
    assert.match(await smtp.say('DATA'), /^354/)
    const letter = [
      `From: ${from.operator.address}`,
      `To: postmaster@${to.domain}`,
      'Subject: The first letter',
      `Message-ID: <first@${from.domain}>`,
      `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
      '',
      'It has arrived.',
      '.',
    ]
    assert.match(await smtp.say(letter.join('\r\n')), /^250/)
    const imap = await dialImap(t, { host: to.address, port: 993 }, { tls: true })
    await imap.ok(`LOGIN ${to.operator.address} ${to.operator.password}`)
    let seen = ''
    for (let tries = 0; tries < 400 && !/It has arrived/.test(seen); tries++) {
      await imap.ok('SELECT INBOX')
      seen = (await imap.say('FETCH 1:* (BODY.PEEK[])')).untagged.join('\n')
      await sleep(100)
    }
    assert.match(seen, /It has arrived/)
    const results = /Authentication-Results:[^]*?\r\n(?=\S)/.exec(seen)?.[0] ?? ''
    for (const method of ['spf', 'dkim', 'dmarc', 'iprev']) assert.match(results, new RegExp(`${method}=pass`))
    assert.match(seen, /with ESMTPS/)
  })
