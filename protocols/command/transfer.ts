import { open, rm, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { confirmPassword, findAccount } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import { Refusal } from '#system'
import {
  exportMail,
  findMailboxAt,
  FORMATS,
  NOTHING_DONE,
  readSource,
  runImport,
  type Damage,
  type Source,
} from '#transfer'
import { EXIT, type Command } from './command.ts'
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

/** Names of folders and files of an archive may say something: only where in it, and why. */
const damageLine = ({ offset, line, reason }: Damage): string =>
  offset === undefined ? `  ${reason}` : `  byte ${offset}, line ${line}: ${reason}`

export const transferCommands: Command[] = [
  {
    name: 'import',
    usage: 'ADDRESS FILE [--folder NAME]',
    summary:
      'Brings letters into an account: an mbox, a Maildir or folders of .eml files as ZIP, or one .eml. What is there already is left; to go on after a stop, run it again.',
    arguments: [2, 2],
    options: { folder: { type: 'string' } },
    looksAt: ['imported'],
    async run({ positionals: [address = '', name = ''], options, print, noteLook, withStorage }) {
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
            saved({ done, added, known }) {
              if (process.stderr.isTTY)
                process.stderr.write(`\r${Math.floor((done / Math.max(1, size)) * 100)} % · ${added + known} letters`)
            },
          })
        })
        if (process.stderr.isTTY) process.stderr.write('\n')
        const { added, known, damaged, skipped, damages } = progress
        print({ added, known, damaged, skipped, damages }, () =>
          [
            `${added} letters came, ${known} were there already, ${damaged} parts are damaged, ${skipped} files are no letters.`,
            ...damages.map(damageLine),
          ].join('\n'),
        )
        return EXIT.ok
      } finally {
        await file.close()
      }
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
