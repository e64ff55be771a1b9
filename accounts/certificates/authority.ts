import { readFileSync } from 'node:fs'
import { generateKeyPair, X509Certificate, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { Authorization, Client } from 'acme-client'
import { now, nowMs, type Config } from '#system'
import type { ServiceKey, Storage } from '#storage'
import { putChallenge } from './challenge.ts'
import { digestOf, pemOf } from './key.ts'
import { ask, type Answer } from './request.ts'
import { OrderFailed, troubleOfType, type Trouble } from './trouble.ts'

export type AcmeSettings = NonNullable<Config['tls']['acme']>

/** What was issued. */
export interface Issued {
  chain: string
  notBefore: Date
  notAfter: Date
}

/** An order is given up after this long; whoever claims one claims it for longer. */
export const ORDER_MS = 5 * 60_000

/** Between two questions whether the authority has looked, and how many there are. */
const POLLS = { backoffAttempts: 30, backoffMin: 500, backoffMax: 8000 }

/** Certificates in a chain, and characters of it. */
const MOST_IN_CHAIN = 10
const LONGEST_CHAIN = 200_000

const generate = promisify(generateKeyPair)

/** Some 40 MB, which wait until there is something to order. */
const library = () => import('acme-client')

/** The type of the problem that the authority's last answer tells of, if it does. */
interface Last {
  problem: string | undefined
}

/**
 * Orders a certificate for names that lead here (RFC 8555 §7.4), proving each over HTTP (§8.3).
 * @throws OrderFailed
 */
export async function orderCertificate(
  storage: Storage,
  settings: AcmeSettings,
  names: readonly string[],
  key: KeyObject,
): Promise<Issued> {
  const last: Last = { problem: undefined }
  try {
    const client = await openClient(storage, settings, last)
    const order = await client.createOrder({ identifiers: names.map((value) => ({ type: 'dns', value })) })
    const authorizations = await client.getAuthorizations(order)
    const challenges: Proof[] = []
    for (const authorization of authorizations)
      if (authorization.status !== 'valid') challenges.push(await answer(storage, client, authorization))
    for (const proof of challenges) await proven(client, proof, last)
    const { crypto: csr } = await library()
    const [, request] = await csr.createCsr({ altNames: [...names] }, pemOf(key))
    const finalized = await client.finalizeOrder(order, request)
    return examined(await client.getCertificate(finalized), names, key)
  } catch (error) {
    if (error instanceof OrderFailed) throw error
    if (last.problem === 'accountDoesNotExist') await forgetAccount(storage, settings)
    throw new OrderFailed(troubleFrom(last), [], { cause: error })
  }
}

/** The library throws plain errors; what the authority said last is the reason, and else it said something odd. */
const troubleFrom = ({ problem }: Last): Trouble => (problem === undefined ? 'nonsense' : troubleOfType(problem))

/** A name, and what the authority looks at to see that it leads here. */
interface Proof {
  name: string
  challenge: Authorization['challenges'][number]
}

async function answer(storage: Storage, client: Client, authorization: Authorization): Promise<Proof> {
  const name = authorization.identifier.value
  const challenge = authorization.challenges.find(({ type }) => type === 'http-01')
  if (challenge === undefined) throw new OrderFailed('refused', [name])
  await putChallenge(storage, challenge.token, await client.getChallengeKeyAuthorization(challenge))
  await client.completeChallenge(challenge)
  return { name, challenge }
}

async function proven(client: Client, { name, challenge }: Proof, last: Last): Promise<void> {
  try {
    await client.waitForValidStatus(challenge)
  } catch (error) {
    if (error instanceof OrderFailed) throw error
    throw new OrderFailed(troubleFrom(last), [name], { cause: error })
  }
}

/** What came must be for what was asked, and good now: it is shown to everybody. */
function examined(chain: string, names: readonly string[], key: KeyObject): Issued {
  const texts =
    chain.length > LONGEST_CHAIN
      ? []
      : (chain.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [])
  const [leaf] = texts.slice(0, MOST_IN_CHAIN).map((text) => new X509Certificate(text))
  const isRight =
    leaf !== undefined &&
    texts.length <= MOST_IN_CHAIN &&
    digestOf(leaf.publicKey) === digestOf(key) &&
    names.every((name) => leaf.checkHost(name, { subject: 'never' }) !== undefined) &&
    leaf.validToDate.getTime() > nowMs()
  if (!isRight) throw new OrderFailed('nonsense')
  return { chain: `${texts.join('\n')}\n`, notBefore: leaf.validFromDate, notAfter: leaf.validToDate }
}

/** As we are known to the authority; makes us known where we are not.*/
async function openClient(storage: Storage, settings: AcmeSettings, last: Last): Promise<Client> {
  const { directory, contact, binding, authority } = settings
  const account = await findAccount(storage, directory)
  const { Client: AcmeClient } = await library()
  const client = new AcmeClient({
    ...POLLS,
    directoryUrl: directory,
    accountKey: account.key,
    ...(account.url === null ? {} : { accountUrl: account.url }),
    ...(binding === undefined
      ? {}
      : { externalAccountBinding: { kid: binding.keyId, hmacKey: readFileSync(binding.keyFile, 'utf8').trim() } }),
  })
  const ca = authority === undefined ? undefined : readFileSync(authority, 'utf8')
  bound(client, { ca, deadline: AbortSignal.timeout(ORDER_MS) }, last)
  if (account.url === null) {
    await client.createAccount({
      termsOfServiceAgreed: true,
      ...(contact === undefined ? {} : { contact: [`mailto:${contact}`] }),
    })
    await storage.database.sql`update acme_account set url = ${client.getAccountUrl()} where directory = ${directory}`
  }
  return client
}

/**
 * Has the library ask by our own request: its own (axios) has no limit of size or time, waits as long as a server says before it asks
 * again, shares its settings between all clients, and does not tell the type of a problem.
 */
function bound(client: Client, options: Parameters<typeof ask>[2], last: Last): void {
  const { http } = client as unknown as { http: { request: unknown } }
  http.request = async (url: string, method: string, { data }: { data?: unknown } = {}): Promise<Answer> => {
    const body = data === undefined ? undefined : JSON.stringify(data)
    const headers = {
      'User-Agent': 'Zegel',
      ...(body === undefined
        ? {}
        : { 'Content-Type': 'application/jose+json', 'Content-Length': String(Buffer.byteLength(body)) }),
    }
    const answered = await ask(url, { method: method.toUpperCase(), headers, body }, options)
    last.problem = typeOf(answered)
    return answered
  }
}

const PREFIX = 'urn:ietf:params:acme:error:'

/** The type of a problem, as it stands in a refusal, or in a challenge that failed (RFC 8555 §6.7, §8). */
function typeOf({ status, data }: Answer): string | undefined {
  const at = (value: unknown, name: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  const type = at(at(data, 'error'), 'type') ?? at(data, 'type')
  if (typeof type === 'string' && type.startsWith(PREFIX)) return type.slice(PREFIX.length, PREFIX.length + 40)
  return status >= 500 ? 'serverInternal' : status === 429 ? 'rateLimited' : undefined
}

async function findAccount(storage: Storage, directory: string): Promise<{ key: string; url: string | null }> {
  const service: ServiceKey = await storage.keys.serviceKey('certificates')
  const place = `account/${directory}`
  const { publicKey: _, privateKey } = await generate('ec', { namedCurve: 'P-256' })
  const der = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await storage.database.sql`
    insert into acme_account (directory, private_key, created_at) values (${directory}, ${service.seal(place, der)}, ${now()})
    on conflict do nothing`
  const { rows } = await storage.database.sql<{ private_key: Buffer; url: string | null }>`
    select private_key, url from acme_account where directory = ${directory}`
  const [row] = rows as [(typeof rows)[number]]
  return { key: service.open(place, row.private_key).toString(), url: row.url }
}

/** An authority that has started anew does not know us any more: the next order makes us known again. */
async function forgetAccount({ database }: Storage, { directory }: AcmeSettings): Promise<void> {
  await database.sql`update acme_account set url = null where directory = ${directory}`
}
