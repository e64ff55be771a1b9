import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { memoryEnvironment, memoryFlags } from './memory.mjs'

/** Says what it was given and every signal it gets; SIGTERM ends it with code 7. */
const program = `
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) {
    process.on(signal, () => {
      process.stdout.write('got ' + signal + '\\n')
      if (signal === 'SIGTERM') setTimeout(() => process.exit(7), 100)
    })
  }
  const [command, ...rest] = process.argv.slice(2)
  process.stdout.write(command + ' ' + rest.join('|') + '\\n')
  if (command === 'serve') setTimeout(() => process.exit(8), 30_000)
  else if (command === 'die') process.kill(process.pid, 'SIGKILL')
  else process.exit(3)
`

/** A checkout as small as one can be: our ops/ and zegel, a main.ts of its own, and Node as its only dependency. */
function checkout(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'zegel-checkout-'))
  t.after(() => rmSync(root, { recursive: true }))
  const ours = resolve(import.meta.dirname, '..')
  for (const name of ['ops', 'zegel']) cpSync(join(ours, name), join(root, name), { recursive: true })
  mkdirSync(join(root, 'node/bin'), { recursive: true })
  symlinkSync(process.execPath, join(root, 'node/bin/node'))
  writeFileSync(join(root, 'node/package.json'), '{ "name": "node", "version": "24.0.0" }')
  const manifest = { name: 'small', version: '1.0.0', type: 'module', dependencies: { node: 'file:node' } }
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(root, 'main.ts'), program)
  const packages = {
    '': manifest,
    node: { version: '24.0.0' },
    'node_modules/node': { resolved: 'node', link: true },
  }
  const lock = { name: 'small', version: '1.0.0', lockfileVersion: 3, requires: true, packages }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock))
  return root
}

function addPages(root: string): void {
  mkdirSync(join(root, 'web'))
  writeFileSync(join(root, 'web/vite.config.ts'), '')
  const build = 'mkdir -p dist && echo built >> ../built'
  writeFileSync(join(root, 'web/package.json'), JSON.stringify({ name: 'pages', scripts: { build } }))
}

function run(file: string, args: string[]) {
  const { status, signal, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', cwd: tmpdir(), timeout: 60_000 })
  return { status, signal, stdout, stderr }
}

/** Collects the output; `until` waits for a piece of it. */
function listen(child: ChildProcess) {
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const until = async (piece: string): Promise<void> => {
    while (!output.includes(piece)) {
      assert.ok(child.stdout && child.exitCode === null, output)
      await once(child.stdout, 'data')
    }
  }
  return { until, output: () => output }
}

test('./zegel installs, then runs main.ts from any folder and through a symlink, with its arguments and code', (t) => {
  const root = checkout(t)
  const first = run(join(root, 'zegel'), ['status', '--json', 'two words'])
  assert.deepEqual([first.stdout, first.status], ['status --json|two words\n', 3])
  assert.match(first.stderr, /^Installing the npm packages .* minute\.\n$/)
  mkdirSync(join(root, 'bin'))
  symlinkSync('../zegel', join(root, 'bin/zegel'))
  assert.deepEqual(run(join(root, 'bin/zegel'), ['status']), {
    status: 3,
    signal: null,
    stdout: 'status \n',
    stderr: '',
  })
})

test('packages are installed again when the lockfile changes, and not when a developer has installed them', (t) => {
  const root = checkout(t)
  const installs = () => run('node', [join(root, 'ops/bootstrap.mjs'), 'status']).stderr.includes('Installing')
  assert.ok(installs())
  assert.ok(!installs())
  appendFileSync(join(root, 'package-lock.json'), '\n')
  assert.ok(!installs(), 'the same packages, written differently')
  rmSync(join(root, 'node_modules/.package-lock.json'))
  assert.ok(!installs(), 'the stamp is enough')
  appendFileSync(join(root, 'package-lock.json'), '\n')
  assert.ok(installs())
})

test('what a link leads to is not emptied', (t) => {
  const root = checkout(t)
  mkdirSync(join(root, 'elsewhere'))
  writeFileSync(join(root, 'elsewhere/kept'), '')
  symlinkSync('elsewhere', join(root, 'node_modules'))
  const { status, stderr } = spawnSync(process.execPath, ['ops/bootstrap.mjs', 'hello'], {
    cwd: root,
    encoding: 'utf8',
  })
  assert.deepEqual([status, existsSync(join(root, 'elsewhere/kept'))], [1, true])
  assert.match(stderr, /node_modules is a link/)
})

test('a lockfile that npm refuses is named with what npm says', (t) => {
  const root = checkout(t)
  writeFileSync(join(root, 'package-lock.json'), '{ "lockfileVersion": 3, "packages": {} }')
  const { status, stderr } = run(join(root, 'zegel'), ['status'])
  assert.equal(status, 1)
  assert.match(stderr, /EUSAGE[^]*npm ci .* failed: exit code 1\n$/)
})

test('pages are built for serve alone, when they are missing or their sources changed', (t) => {
  const root = checkout(t)
  addPages(root)
  const builds = (file: string, ...args: string[]) => {
    rmSync(join(root, 'built'), { force: true })
    run(file, args)
    return existsSync(join(root, 'built'))
  }
  const zegel = join(root, 'zegel')
  writeFileSync(join(root, 'main.ts'), '') // serves and ends at once
  assert.ok(!builds(zegel, 'status'))
  assert.ok(builds(zegel, 'serve'))
  assert.ok(!builds(zegel, 'serve'))
  assert.ok(!builds('node', join(root, 'ops/bootstrap.mjs'), 'serve'))
  writeFileSync(join(root, 'web/page.svelte'), 'new')
  assert.ok(builds(zegel, 'serve'))
  rmSync(join(root, 'web/page.svelte'))
  assert.ok(builds('node', join(root, 'ops/bootstrap.mjs'), 'serve'))
})

test('pages that do not build stop the start and show why', (t) => {
  const root = checkout(t)
  addPages(root)
  writeFileSync(
    join(root, 'web/package.json'),
    '{ "name": "pages", "scripts": { "build": "echo no such tulip; exit 5" } }',
  )
  const { status, stdout, stderr } = run('node', [join(root, 'ops/bootstrap.mjs'), 'serve'])
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /Building the web pages\.[^]*no such tulip/)
})

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} reaches the program once, and its exit code comes back`, async (t) => {
    const child = spawn('node', [join(checkout(t), 'ops/bootstrap.mjs'), 'serve'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const { until, output } = listen(child)
    await until('serve \n')
    child.kill(signal)
    child.kill(signal)
    await until(`got ${signal}\n`)
    child.kill('SIGTERM')
    assert.deepEqual(await once(child, 'exit'), [7, null])
    const expected = signal === 'SIGTERM' ? 'serve \ngot SIGTERM\n' : `serve \ngot ${signal}\ngot SIGTERM\n`
    assert.equal(output(), expected)
  })
}

test('Ctrl-C in a terminal reaches the program once', async (t) => {
  const root = checkout(t)
  const command = `node ${root}/ops/bootstrap.mjs serve`
  const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const { until, output } = listen(terminal)
  await until('serve ')
  terminal.stdin.write('\x03')
  await until('got SIGINT')
  terminal.kill('SIGTERM')
  await once(terminal, 'exit')
  assert.equal(output().split('got SIGINT').length, 2, output())
})

test('a program that is killed ends its starter by the same signal', (t) => {
  const { status, signal } = run('node', [join(checkout(t), 'ops/bootstrap.mjs'), 'die'])
  assert.deepEqual([status, signal], [null, 'SIGKILL'])
})

test('Debian packages that cannot be installed are named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'zegel-debian-'))
  t.after(() => rmSync(folder, { recursive: true }))
  // Stand-ins for Debian's own programs: nothing is installed, and nothing can be.
  const tools = { 'dpkg-query': 'exit 1', 'apt-get': 'echo no network; exit 100', id: 'echo 0', install: '' }
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  const script = join(import.meta.dirname, 'debian.sh')
  const { status, stderr } = spawnSync('sh', [script, 'tulip', 'rose'], { env, encoding: 'utf8', timeout: 60_000 })
  assert.equal(status, 1)
  assert.match(stderr, /no network[^]*Could not install these Debian packages: tulip rose/)
})

const launchers = ['zegel', 'ops/zegel.service', 'ops/Containerfile']
for (const file of launchers)
  test(`${file} gives the server the memory that it is to have`, () => {
    const said = readFileSync(resolve(import.meta.dirname, '..', file), 'utf8')
    const variables = Object.entries(memoryEnvironment).map(([name, value]) => `${name}=${value}`)
    for (const wanted of [...memoryFlags, ...variables]) assert.ok(said.includes(wanted), `${file} lacks ${wanted}`)
  })
