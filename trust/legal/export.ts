import type { Key } from 'openpgp'
import { now, Refusal } from '#system'
import type { Package, ReleasedEntry } from './package.ts'
import { legalTexts, type Language } from './texts.ts'

/** Some 20 MB, which wait until something is released. */
const library = () => import('openpgp')

/** An authority's key, as whoever compares it is shown it. */
export interface UsableKey {
  key: Key
  /** In hexadecimal, in groups of four. */
  fingerprint: string
  /** Null for one that does not end. */
  endsAt: Date | null
}

/**
 * Reads an OpenPGP key (RFC 9580) to which something can be sealed now.
 * @throws Refusal 'invalid' with the field `key` for what is none, is a private key, cannot encrypt or has ended
 */
export async function readAuthorityKey(armored: string | null | undefined): Promise<UsableKey> {
  const refusal = (cause?: unknown): Refusal => new Refusal('invalid', { cause, fields: ['key'] })
  if (armored == null) throw refusal()
  try {
    const { readKey } = await library()
    const key = await readKey({ armoredKey: armored })
    if (key.isPrivate()) throw refusal()
    await key.getEncryptionKey(undefined, now())
    const endsAt = await key.getExpirationTime()
    return {
      key,
      fingerprint: (
        key
          .getFingerprint()
          .toUpperCase()
          .match(/.{1,4}/g) ?? []
      ).join(' '),
      endsAt: endsAt instanceof Date ? endsAt : null,
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refusal(error)
  }
}

/** What an authority gets: the same twice, for programs and for people; each an armored message to its key alone. */
export interface Sealed {
  json: string
  text: string
}

export async function sealPackage(released: Package, { key }: UsableKey, language: Language): Promise<Sealed> {
  const { createMessage, encrypt, enums } = await library()
  const sealTo = async (text: string): Promise<string> =>
    encrypt({
      message: await createMessage({ text }),
      encryptionKeys: key,
      date: now(),
      config: { preferredCompressionAlgorithm: enums.compression.zlib },
    })
  return {
    json: await sealTo(`${JSON.stringify(released, null, 2)}\n`),
    text: await sealTo(packageInWords(released, language)),
  }
}

/** The package for people. */
export function packageInWords(released: Package, language: Language): string {
  const { say } = legalTexts(language)
  const time = (at: string): string => at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
  const entry = ({ time: at, kind, own, other, messageId, ip, country, browser }: ReleasedEntry): string =>
    `  ${[time(at), say(`entry.${kind}`), own, other, messageId, ip, country, browser].filter((part) => part != null).join(' · ')}`
  const listed = (heading: string, entries: readonly ReleasedEntry[] | undefined): string[] =>
    entries === undefined
      ? []
      : [`${heading}: ${entries.length === 0 ? say('package.none') : ''}`, ...entries.map(entry)]
  const { period, unknown, neverGiven, recordedSince } = released
  return `${[
    released.operator,
    `${say('package.to')}: ${released.authority}`,
    `${say('package.reference')}: ${released.reference} (${released.case})`,
    `${say('package.basis')}: ${released.basis}`,
    ...(period === null
      ? []
      : [`${say('package.period')}: ${period.from === null ? '…' : time(period.from)} – ${time(period.to)}`]),
    ...(recordedSince === null ? [] : [say('package.recordedSince', { day: recordedSince })]),
    ...neverGiven.map((field) => say(`package.never.${field === 'interception' ? 'interception' : 'content'}`)),
    ...unknown.map((address) => say('package.unknown', { address })),
    ...released.accounts.flatMap(({ asked, addresses, created, external, signIns, journal }) => [
      '',
      asked.join(', '),
      ...(addresses ?? []).map(
        ({ address, since }) =>
          `${say('field.addresses')}: ${address} (${say('package.since', { time: time(since) })})`,
      ),
      ...(created === undefined ? [] : [`${say('field.created')}: ${time(created)}`]),
      ...(external === undefined
        ? []
        : [`${say('field.external')}: ${external === null ? say('package.none') : external.address}`]),
      ...listed(say('field.signIns'), signIns),
      ...listed(say('field.journal'), journal),
    ]),
  ].join('\n')}\n`
}
