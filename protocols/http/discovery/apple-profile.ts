import { createHash } from 'node:crypto'
import { mailServers, type MailServer } from '#accounts'
import type { Signer } from '#formats/cms'
import { writeXml, xml, type XmlElement } from '#formats/xml'
import type { Config } from '#system'

export const APPLE_PROFILE_TYPE = 'application/x-apple-aspen-config'

/**
 * A configuration profile by which an iPhone, an iPad or a Mac sets up the account of an address: receiving and sending, and the
 * password is asked for there. Signed with the server's certificate, so that the device says whose it is; a certificate whose key
 * CMS has no usual signature for gives one that is not signed.
 */
export async function appleProfile(
  config: Config,
  address: string,
  signer: Signer,
  at: Date,
): Promise<Uint8Array<ArrayBuffer>> {
  // It has some 20 MB of classes for certificates behind it.
  const { signData } = await import('#formats/cms')
  const text = Buffer.from(profileText(config, address))
  return new Uint8Array(signData(text, signer, at) ?? text)
}

function profileText(config: Config, address: string): string {
  const host = config.hostname.toLowerCase()
  // The same for an address each time: a device then takes a profile for the one it has, and a second account for another.
  const uuid = (part: string): string => uuidOf(`${host} ${address} ${part}`)
  const identifier = `${host.split('.').toReversed().join('.')}.${uuid('profile').slice(0, 8).toLowerCase()}`
  const server = (protocol: MailServer['protocol']): MailServer =>
    mailServers(config).find((one) => one.protocol === protocol) as MailServer
  const plist = xml('plist', { version: '1.0' }, [
    value({
      PayloadType: 'Configuration',
      PayloadVersion: 1,
      PayloadIdentifier: identifier,
      PayloadUUID: uuid('profile'),
      PayloadDisplayName: address,
      PayloadOrganization: config.operator.name ?? host,
      PayloadContent: [
        {
          PayloadType: 'com.apple.mail.managed',
          PayloadVersion: 1,
          PayloadIdentifier: `${identifier}.mail`,
          PayloadUUID: uuid('mail'),
          PayloadDisplayName: address,
          EmailAccountType: 'EmailTypeIMAP',
          EmailAccountDescription: address,
          EmailAddress: address,
          ...reached('Incoming', server('imap'), address),
          ...reached('Outgoing', server('submission'), address),
          OutgoingPasswordSameAsIncomingPassword: true,
        },
      ],
    }),
  ])
  return writeXml(plist).replace('\n', `\n${DOCTYPE}\n`)
}

const reached = (way: 'Incoming' | 'Outgoing', { host, port, tls }: MailServer, address: string): Dictionary => ({
  [`${way}MailServerAuthentication`]: 'EmailAuthPassword',
  [`${way}MailServerHostName`]: host,
  [`${way}MailServerPortNumber`]: port,
  [`${way}MailServerUseSSL`]: tls === 'implicit',
  [`${way}MailServerUsername`]: address,
})

/** Property lists have it; nothing is declared in it. */
const DOCTYPE = '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">'

type Value = string | number | boolean | readonly Value[] | Dictionary
interface Dictionary {
  readonly [key: string]: Value
}

function value(given: Value): XmlElement {
  if (typeof given === 'string') return xml('string', {}, [given])
  if (typeof given === 'number') return xml('integer', {}, [given])
  if (typeof given === 'boolean') return xml(String(given))
  if (isList(given)) return xml('array', {}, given.map(value))
  return xml(
    'dict',
    {},
    Object.entries(given).flatMap(([key, one]) => [xml('key', {}, [key]), value(one)]),
  )
}

const isList = (given: readonly Value[] | Dictionary): given is readonly Value[] => Array.isArray(given)

/** Of a name: version 8 of RFC 9562 §5.8. */
function uuidOf(name: string): string {
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  return bytes
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    .toUpperCase()
}
