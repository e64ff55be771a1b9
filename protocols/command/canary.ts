import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { fingerprintOf } from '#policy'
import { Refusal } from '#system'
import {
  canaryNow,
  LEAST_PASSPHRASE,
  makeKey,
  MOST_BYTES,
  openKey,
  prepareCanary,
  publishCanary,
  readCanaryFile,
  readKeyFile,
  signCanary,
  signersOf,
  whyNotToSign,
  writeCanaryFile,
  type Standing,
  type Statement,
} from '#trust/canary'
import { registerHead } from '#trust/legal'
import { EXIT, type Command } from './command.ts'
import { askPassphrase } from './passphrase.ts'

export const canaryCommands: Command[] = [
  {
    name: 'canary key',
    usage: '--out FILE',
    summary: 'Makes the key of a keyholder of the canary, sealed by a passphrase; needs no server.',
    arguments: [0, 0],
    options: { out: { type: 'string' } },
    async run({ options, print }) {
      const file = options['out'] as string | undefined
      if (file === undefined) return usage('canary key --out FILE')
      refuseExisting(file)
      const passphrase = await askPassphrase(`A passphrase of ${LEAST_PASSPHRASE} characters or more: `)
      if (process.stdin.isTTY && (await askPassphrase('Once more: ')) !== passphrase)
        throw new Refusal('invalid', { fields: ['That was another one. Nothing was written.'] })
      const key = await makeKey(passphrase)
      write(file, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o400, flag: 'wx' })
      print({ public: key.public, fingerprint: fingerprintOf(key.public), file }, () =>
        [
          `Wrote the key to ${file}. Keep it and its passphrase to yourself, and off the server.`,
          '',
          'For the operator, into the file of promises:',
          '',
          '[[canary.keyholders]]',
          'name = "…"',
          `key = "${key.public}"`,
          '',
          `Read this to each other, so that nobody puts another key there: ${fingerprintOf(key.public)}`,
        ].join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'canary prepare',
    usage: '--value TEXT [--value TEXT] [--out FILE]',
    summary:
      'Writes the canary that the keyholders are to sign; a value is a public one of this morning, such as a headline.',
    arguments: [0, 0],
    options: { value: { type: 'string', multiple: true }, out: { type: 'string' } },
    async run({ options, print, withStorage }) {
      const values = (options['value'] as string[] | undefined) ?? []
      const out = options['out'] as string | undefined
      if (out !== undefined) refuseExisting(out)
      const canary = await withStorage(async (storage, config) => {
        const requests = await registerHead(storage)
        return prepareCanary(storage, config, values, requests === undefined ? {} : { requests })
      })
      if (out === undefined) {
        process.stdout.write(writeCanaryFile(canary))
        return EXIT.ok
      }
      write(out, writeCanaryFile(canary), { flag: 'wx' })
      print(canary, () =>
        [
          ...inWords(canary.statement),
          '',
          `Wrote it to ${out}. Have it signed: zegel canary sign FILE --key KEYFILE`,
        ].join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'canary sign',
    usage: 'FILE --key KEYFILE',
    summary: 'Shows a prepared canary and adds the signature of a keyholder to it; needs no server and no network.',
    arguments: [1, 1],
    options: { key: { type: 'string' } },
    async run({ positionals, options, print }) {
      const [file = ''] = positionals
      const keyFile = options['key'] as string | undefined
      if (keyFile === undefined) return usage('canary sign FILE --key KEYFILE')
      const canary = readCanaryFile(read(file))
      const sealed = readKeyFile(read(keyFile))
      process.stderr.write(`${inWords(canary.statement).join('\n')}\n\n`)
      // Said before anybody types their passphrase for nothing.
      const fields = whyNotToSign(canary, sealed.public)
      if (fields.length > 0) throw new Refusal('invalid', { fields })
      const key = await openKey(
        sealed,
        await askPassphrase('Sign only if all of this is true. Passphrase of your key: '),
      )
      const signed = signCanary(canary, key)
      replace(file, writeCanaryFile(signed))
      const count = signed.signatures.length
      print(
        { signatures: count, fingerprint: fingerprintOf(key.x) },
        () =>
          `Signed by ${fingerprintOf(key.x)}: ${count === 1 ? 'the first signature' : `${count} signatures are in it`}.`,
      )
      return EXIT.ok
    },
  },
  {
    name: 'canary publish',
    usage: 'FILE',
    summary: 'Publishes a canary that enough of the keyholders have signed; the earlier ones stay to be seen.',
    arguments: [1, 1],
    options: {},
    async run({ positionals, print, withStorage }) {
      const canary = readCanaryFile(read(positionals[0] as string))
      const done = await withStorage((storage, config) => publishCanary(storage, config, canary))
      print(done, () =>
        [
          `Published canary ${done.number}, signed by ${done.signers.join(' and ')}.`,
          `It turns stale by itself at ${done.staleAt.toISOString()}: have the next one signed before.`,
        ].join('\n'),
      )
      return EXIT.ok
    },
  },
  {
    name: 'canary show',
    usage: '',
    summary: 'Says how the canary is, who has signed it and when it turns stale.',
    arguments: [0, 0],
    options: {},
    async run({ print, withStorage }) {
      const shown = await withStorage(canaryNow)
      const { promised, newest, standing } = shown
      const signers = newest === undefined ? [] : signersOf(newest, promised.keyholders)
      print({ standing, promised, signers, statement: newest?.statement ?? null }, () =>
        [
          STANDINGS[standing.state](standing),
          ...(promised.keyholders.length === 0
            ? []
            : [
                `${promised.needed} of these sign it, and it is good for ${promised.days} days:`,
                ...promised.keyholders.map(
                  ({ name, key }) =>
                    `  ${fingerprintOf(key)}  ${name}${signers.includes(name) ? ' (signed the newest)' : ''}`,
                ),
              ]),
          ...(newest === undefined ? [] : ['', ...inWords(newest.statement)]),
        ].join('\n'),
      )
      return EXIT.ok
    },
  },
]

const STANDINGS: Record<Standing['state'], (standing: Standing) => string> = {
  none: () => 'No keyholders are named in the promises in force, so no canary is promised.',
  missing: (standing) =>
    'why' in standing && standing.why === 'never'
      ? 'Missing: keyholders are named, and no canary was ever published.'
      : 'Missing: the newest canary is not signed by enough of those who are keyholders now.',
  fresh: (standing) => `Fresh, until ${'staleAt' in standing ? standing.staleAt.toISOString() : ''}.`,
  stale: (standing) =>
    `Stale since ${'staleAt' in standing ? standing.staleAt.toISOString() : ''}. Everybody is shown that.`,
}

/** A statement as its keyholders read it. Everything in it is text without control characters. */
const inWords = ({ host, number, date, goodUntil, says, values, heads }: Statement): string[] => [
  `Canary ${number} of ${host}. Up to ${date}:`,
  '',
  ...Object.values(says).map((text) => `  - ${text}`),
  '',
  'Public values of that day:',
  ...values.map((value) => `  ${value}`),
  ...Object.entries(heads).map(
    ([name, head]) => `Head of the register "${name}": ${head.number} on ${head.day}, ${head.hash}`,
  ),
  `It turns stale by itself at ${goodUntil}.`,
]

function usage(line: string): number {
  process.stderr.write(`zegel ${line}\n`)
  return EXIT.usage
}

function refuseExisting(file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined)
    throw new Refusal('exists', { fields: [`${file}: there is such a file already`] })
}

/** A file of ours, which is small: what is larger is none. */
function read(file: string): string {
  try {
    if (statSync(file).size > MOST_BYTES)
      throw new Refusal('invalid', { fields: [`${file}: too large for a file of this kind`] })
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw unusable(file, error)
  }
}

function write(file: string, text: string, options: { mode?: number; flag?: string }): void {
  try {
    writeFileSync(file, text, options)
  } catch (error) {
    throw unusable(file, error)
  }
}

/** What was signed before must not be lost by a full disk: the new file is whole before it takes the old one's place. */
function replace(file: string, text: string): void {
  const { mode } = statSync(file)
  write(`${file}.new`, text, {})
  chmodSync(`${file}.new`, mode)
  renameSync(`${file}.new`, file)
}

const unusable = (file: string, error: unknown): Refusal =>
  new Refusal('invalid', { cause: error, fields: [`${file}: ${String((error as NodeJS.ErrnoException).code)}`] })
