import { open, rm, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { confirmPassword, findAccount } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import { openReach, Refusal } from '#system'
import {
  Broken,
  exportMail,
  findMailboxAt,
  FORMATS,
  lettersOf,
  NOTHING_DONE,
  openImap,
  readProvider,
  readSource,
  runImport,
  UNREAD,
  type Damage,
  type Origin,
  type Progress,
  type Source,
} from '#transfer'
import { EXIT, type Command, type Invocation } from './command.ts'
import { askPassphrase } from './passphrase.ts'

const SEALED = 'The server cannot open this account’s key: only its owner can move letters in and out, in the settings.'

/** @throws Refusal 'addressUnknown', 'addressClosed'; 'forbidden' for an account that the server cannot open */
async function openFound(storage: Storage, address: string): Promise<OpenAccount> {
  const found = await findAccount(storage, address)
  if (found === undefined) throw new Refusal('addressUnknown')
  if (found.state === 'closed' || found.state === 'erasing') throw new Refusal('addressClosed')
  return storage.openAccount(found.id).catch((error: unknown) => {
    const isSealed = error instanceof Refusal && error.reason === 'notFound'
    throw isSealed ? new Refusal('forbidden', { cause: error, fields: [SEALED] }) : error
  })
}

/** "Archive/2019" */
const pathOf = (folder: string | undefined): string[] | undefined => folder?.split('/').filter((part) => part !== '')

/** Bytes read from the disk at a time. */
const PIECE = 256 * 1024

function sourceOf(file: FileHandle, size: number): Source {
  return {
    size,
    async *read(start, end) {
      for (let at = start; at < end;) {
        const piece = Buffer.allocUnsafe(Math.min(PIECE, end - at))
        const { bytesRead } = await file.read(piece, 0, piece.length, at)
        if (bytesRead === 0) return
        at += bytesRead
        yield piece.subarray(0, bytesRead)
      }
    },
  }
}

/** @throws Refusal 'invalid' with what the system says of the file */
function named(file: string): (error: unknown) => never {
  return (error) => {
    throw new Refusal('invalid', {
      cause: error,
      fields: [`${file}: ${String((error as NodeJS.ErrnoException).code)}`],
    })
  }
}

/** Names of folders, and of files of an archive, may say something: only where in it, and why. */
const damageLine = ({ offset, line, uid, reason }: Damage): string => {
  if (offset !== undefined) return `  byte ${offset}, line ${line}: ${reason}`
  return uid === undefined ? `  ${reason}` : `  number ${uid}: ${reason}`
}

/** `1 letter came`, `2 letters came` */
const counted = (count: number, one: string, several: string): string => `${count} ${count === 1 ? one : several}`

/** The sentence about what was not brought is the source's. */
function printOutcome(
  print: Invocation['print'],
  { added, known, damaged, skipped, damages }: Progress<unknown>,
  rest: string,
): void {
  const shown = damages.map(({ offset, line, uid, reason }) => ({ offset, line, uid, reason }))
  print({ added, known, damaged, skipped, damages: shown }, () =>
    [
      `${counted(added, 'letter', 'letters')} came, ${counted(known, 'was', 'were')} there already, ${rest}.`,
      ...damages.map(damageLine),
    ].join('\n'),
  )
}

function showProgress(done: number, all: number, { added, known }: Progress<unknown>): void {
  if (!process.stderr.isTTY) return
  const percent = Math.floor((Math.min(done, all) / Math.max(1, all)) * 100)
  process.stderr.write(`\r${percent} % · ${counted(added + known, 'letter', 'letters')} `)
}

const endProgress = (): void => void (process.stderr.isTTY && process.stderr.write('\n'))

async function importFile({ positionals, options, print, noteLook, withStorage }: Invocation): Promise<number> {
  const [address = '', name = ''] = positionals
  const file = await open(name).catch(named(name))
  try {
    const { size } = await file.stat()
    const progress = await withStorage(async (storage, config) => {
      const account = await openFound(storage, address)
      await noteLook(storage, [account.id])
      const most = config.smtp.maxMessageMegabytes * 1024 * 1024
      const folder = pathOf(options['folder'] as string | undefined)
      const reading = { source: sourceOf(file, size), name: basename(name), folder, most }
      return runImport(account, (from) => readSource(reading, from), NOTHING_DONE, {
        save: async () => undefined,
        saved: (saved) => showProgress(saved.done, size, saved),
      })
    }).finally(endProgress)
    const parts = counted(progress.damaged, 'part is damaged', 'parts are damaged')
    printOutcome(print, progress, `${parts}, ${counted(progress.skipped, 'file is no letter', 'files are no letters')}`)
    return EXIT.ok
  } finally {
    await file.close()
  }
}

/** Why the other provider is not read, by the field of the refusal. */
const PROVIDER: Readonly<Record<string, string>> = {
  host: 'The server must not go there: a public address is wanted, and a port at which IMAP is spoken.',
  certificate: 'The certificate of the other server is not for this name, or nobody vouches for it.',
  starttls: 'The other server offers no STARTTLS at this port.',
  signIn: 'The other provider does not accept name and password.',
}

const BROKEN = 'The other provider was not reached, or the line broke. What has come stays: run it again to go on.'

/** What was said of the other provider; undefined when something is missing, or wrong. */
function originFrom(options: Invocation['options']): Omit<Origin, 'password'> | undefined {
  const { imap: host, user, starttls } = options
  const security = starttls === true ? 'starttls' : 'tls'
  const port = Number(options['port'] ?? (security === 'tls' ? 993 : 143))
  const isPort = Number.isInteger(port) && port > 0 && port < 65_536
  if (typeof host !== 'string' || host === '' || typeof user !== 'string' || user === '' || !isPort) return undefined
  return options['password-stdin'] === true ? { host, port, security, user } : undefined
}

async function importProvider(
  { positionals: [address = ''], options, print, noteLook, withStorage }: Invocation,
  described: Omit<Origin, 'password'>,
): Promise<number> {
  const origin = { ...described, password: await askPassphrase('The password at the other provider: ') }
  // Written down after each group, so that it is told also when the line breaks.
  let progress = { ...NOTHING_DONE, position: UNREAD }
  const whyNot = await withStorage(async (storage, config) => {
    const account = await openFound(storage, address)
    await noteLook(storage, [account.id])
    const most = config.smtp.maxMessageMegabytes * 1024 * 1024
    const folder = pathOf(options['folder'] as string | undefined)
    const { cleartextOnLoopback } = config
    const way = { reach: openReach(config), cleartextOnLoopback }
    const reading = { connect: () => openImap(way, origin, most), folder, most }
    await runImport(account, (from) => readProvider(reading, from), progress, {
      save: async () => undefined,
      saved(saved) {
        progress = saved
        showProgress(saved.done, lettersOf(saved.position), saved)
      },
    })
    return undefined
  })
    .catch((error: unknown) => {
      if (error instanceof Broken) return { exit: EXIT.unavailable, sentence: BROKEN }
      const sentence = error instanceof Refusal ? PROVIDER[error.fields[0] ?? ''] : undefined
      if (sentence === undefined) throw error
      return { exit: EXIT.refused, sentence }
    })
    .finally(endProgress)
  const rest = counted(progress.damaged, 'letter or folder could not be read', 'letters or folders could not be read')
  printOutcome(print, progress, rest)
  if (whyNot === undefined) return EXIT.ok
  process.stderr.write(`${whyNot.sentence}\n`)
  return whyNot.exit
}

const IMPORT_USAGE =
  'ADDRESS FILE | ADDRESS --imap HOST --user USER --password-stdin [--port N] [--starttls]; both with [--folder NAME]'

export const transferCommands: Command[] = [
  {
    name: 'import',
    usage: IMPORT_USAGE,
    summary:
      'Brings letters into an account: of a file (an mbox, a Maildir or folders of .eml files as ZIP, or one .eml), or of an account at another provider. What is there already is left; to go on after a stop, run it again.',
    arguments: [1, 2],
    options: {
      folder: { type: 'string' },
      imap: { type: 'string' },
      user: { type: 'string' },
      port: { type: 'string' },
      starttls: { type: 'boolean' },
      'password-stdin': { type: 'boolean' },
    },
    looksAt: ['imported'],
    async run(invocation) {
      const { positionals, options } = invocation
      const isFile = positionals.length === 2
      const isOfFile = ['imap', 'user', 'port', 'starttls', 'password-stdin'].every((name) => !(name in options))
      if (isFile && isOfFile) return importFile(invocation)
      const origin = isFile ? undefined : originFrom(options)
      if (origin !== undefined) return importProvider(invocation, origin)
      process.stderr.write(`zegel import ${IMPORT_USAGE}\n`)
      return EXIT.usage
    },
  },
  {
    name: 'export',
    usage: 'ADDRESS FILE --password-stdin [--format mbox|maildir] [--folder NAME]',
    summary:
      'Writes an account’s letters into a ZIP file: a file for each mailbox (mbox), or a Maildir. Its owner’s password is asked for: nobody else reads them.',
    arguments: [2, 2],
    options: { format: { type: 'string' }, folder: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
    looksAt: ['exported'],
    async run({ positionals: [address = '', name = ''], options, print, noteLook, withStorage }) {
      const format = FORMATS.find((one) => one === (options['format'] ?? 'mbox'))
      if (format === undefined || options['password-stdin'] !== true) {
        process.stderr.write('zegel export ADDRESS FILE --password-stdin [--format mbox|maildir] [--folder NAME]\n')
        return EXIT.usage
      }
      const password = await askPassphrase('The account’s password: ')
      const size = await withStorage(async (storage) => {
        const account = await openFound(storage, address)
        await confirmPassword(storage, account.id, password)
        await noteLook(storage, [account.id])
        const path = pathOf(options['folder'] as string | undefined)
        const mailbox = path === undefined ? undefined : await findMailboxAt(account, path)
        // Nobody else on the machine reads it, and nothing that is there is overwritten.
        const file = await open(name, 'wx', 0o600).catch(named(name))
        try {
          let written = 0
          for await (const piece of exportMail(account, { format, mailbox })) {
            await file.appendFile(piece)
            written += piece.length
          }
          await file.sync()
          return written
        } catch (error) {
          await rm(name, { force: true })
          throw error
        } finally {
          await file.close()
        }
      })
      print({ size }, () => `${size} bytes are written.`)
      return EXIT.ok
    },
  },
]
