/** Another mail server to talk to: Debian's Postfix, as an instance of its own that knows no DNS and no other host. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'

import SMTPConnection from 'nodemailer/lib/smtp-connection'

const run = promisify(execFile)

/** Postfix starts as root and gives the rights up itself. */
const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']

export interface PostfixOptions {
  /** where letters to `domain` go; letters to all others come back as undeliverable */
  relayTo: { host: string; port: number }
  domain: string
  /** to listen on, on loopback; a free one by default */
  port?: number
  /** more lines of main.cf, such as smtp_tls_security_level */
  settings?: Record<string, string>
  /** offers STARTTLS with it; PEM */
  certificate?: { cert: string; key: string }
  /** takes letters from nobody but who signs in so, over TLS */
  signIn?: { user: string; password: string }
}

export interface Postfix {
  port: number
  /** Hands over a letter, its lines ended by CRLF; queued when this resolves. @throws Error with the SMTP reply */
  send: (message: string | Buffer, from: string, to: string | string[]) => Promise<void>
  /** Whether everything has been delivered, or came back. */
  queueIsEmpty: () => Promise<boolean>
}

/** Runs until the end of the test, and no longer than this process. @throws Error with what Postfix says */
export async function startPostfix(t: TestContext, options: PostfixOptions): Promise<Postfix> {
  const port = options.port ?? (await freePort())
  const folder = await mkdtemp(join(tmpdir(), 'zegel-postfix-'))
  await chmod(folder, 0o755) // its daemons run as the user postfix
  const configuration = join(folder, 'configuration')
  for (const name of [configuration, join(folder, 'queue')]) await mkdir(name)
  if (options.certificate !== undefined) {
    await writeFile(join(configuration, 'tls.key'), options.certificate.key, { mode: 0o600 })
    await writeFile(join(configuration, 'tls.crt'), options.certificate.cert)
  }
  if (options.signIn !== undefined) await addUser(configuration, options.signIn)
  await writeFile(join(configuration, 'main.cf'), mainCf(folder, options))
  await writeFile(join(configuration, 'master.cf'), masterCf(port))

  t.after(stopAtTheEnd(folder))
  await command('/usr/sbin/postfix', '-c', configuration, 'start').catch(async (cause: unknown) => {
    const log = await readFile(join(folder, 'log'), 'utf8').catch(() => '')
    throw new Error(`Postfix did not start. ${log}`, { cause })
  })
  return {
    port,
    send: (message, from, to) => send(port, message, from, to),
    queueIsEmpty: async () => (await command('/usr/sbin/postqueue', '-c', configuration, '-j')) === '',
  }
}

/** Cyrus SASL, with a password file of its own. */
async function addUser(configuration: string, { user, password }: { user: string; password: string }): Promise<void> {
  const file = join(configuration, 'sasldb2')
  const lines = ['pwcheck_method: auxprop', 'auxprop_plugin: sasldb', `sasldb_path: ${file}`, 'mech_list: PLAIN LOGIN']
  // Debian's Postfix looks there, whatever cyrus_sasl_config_path says.
  await mkdir(join(configuration, 'sasl'))
  await writeFile(join(configuration, 'sasl', 'smtpd.conf'), `${lines.join('\n')}\n`)
  const words = [...asRoot, '/usr/sbin/saslpasswd2', '-c', '-p', '-f', file, '-u', HOSTNAME, user]
  const program = spawn(words[0] as string, words.slice(1), { stdio: ['pipe', 'ignore', 'inherit'] })
  program.stdin.end(password)
  const [code] = (await once(program, 'exit')) as [number]
  if (code !== 0) throw new Error(`saslpasswd2 ended with ${code}`)
  await command('chmod', '644', file)
}

const HOSTNAME = 'postfix.example.test'

function mainCf(folder: string, { domain, relayTo, settings, certificate, signIn }: PostfixOptions): string {
  const configuration = join(folder, 'configuration')
  const values: Record<string, string> = {
    compatibility_level: '3.6',
    queue_directory: join(folder, 'queue'),
    data_directory: join(folder, 'data'),
    maillog_file: join(folder, 'log'),
    maillog_file_prefixes: folder,
    myhostname: HOSTNAME,
    mydestination: '',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    mynetworks: '127.0.0.0/8',
    alias_maps: '',
    local_recipient_maps: '',
    fast_flush_domains: '',
    relay_domains: domain,
    transport_maps: `inline:{ ${domain}=smtp:[${relayTo.host}]:${relayTo.port} }`,
    default_transport: 'error:5.1.2 this Postfix knows one domain',
    smtp_dns_support_level: 'disabled',
    smtp_host_lookup: 'native',
    smtpd_relay_restrictions: 'permit_mynetworks, reject',
    // Seconds rather than minutes until a letter that was put off is tried again.
    minimal_backoff_time: '2s',
    maximal_backoff_time: '4s',
    queue_run_delay: '2s',
    ...(certificate && {
      smtpd_tls_security_level: 'may',
      smtpd_tls_cert_file: join(configuration, 'tls.crt'),
      smtpd_tls_key_file: join(configuration, 'tls.key'),
    }),
    ...(signIn && {
      smtpd_sasl_auth_enable: 'yes',
      smtpd_sasl_local_domain: HOSTNAME,
      cyrus_sasl_config_path: join(configuration, 'sasl'),
      smtpd_tls_auth_only: 'yes',
      smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
    }),
    ...settings,
  }
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')
}

/** Debian's services that a relay needs, none in a chroot; the columns before the program: processes, wake-up time. */
const masterCf = (port: number): string => `
127.0.0.1:${port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n - 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

/**
 * A shell waits for the end of its input, then stops Postfix and removes its folder: at the end of the test, and as
 * well when this process dies without a word. Postfix finds the process of this instance by its configuration.
 */
function stopAtTheEnd(folder: string): () => Promise<void> {
  const root = asRoot.join(' ')
  const script = `read -r _; ${root} /usr/sbin/postfix -c "$0/configuration" stop; ${root} rm -rf "$0"`
  const shell = spawn('sh', ['-c', script, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  return async () => {
    shell.stdin.end()
    if (shell.exitCode === null) await once(shell, 'exit')
  }
}

async function command(...words: string[]): Promise<string> {
  const [file = '', ...args] = [...asRoot, ...words]
  const { stdout } = await run(file, args, { timeout: 30_000 })
  return stdout
}

async function send(port: number, message: string | Buffer, from: string, to: string | string[]): Promise<void> {
  const connection = new SMTPConnection({ host: '127.0.0.1', port, ignoreTLS: true })
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject)
      connection.connect(() => {
        connection.send({ from, to }, message, (error) => (error ? reject(error) : resolve()))
      })
    })
    connection.quit()
  } finally {
    connection.close()
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (!address || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}
