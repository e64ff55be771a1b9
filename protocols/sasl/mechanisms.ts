import { randomBytes } from 'node:crypto'
import {
  addressesOf,
  findRecipient,
  scramSignIn,
  signInClient,
  signInToken,
  type ClientCredentials,
  type ClientSignedIn,
} from '#accounts'
import { Refusal, type CountKind } from '#system'
import type { Storage } from '#storage'
import type { Note } from '#trust/journal'
import { SaslFault, type Ask } from './ask.ts'
import { countFailure, noted } from './noted.ts'

/** Who asks to be let in, apart from the name: that comes with the exchange. */
export interface SignInBy extends Omit<ClientCredentials, 'address'> {
  storage: Storage
  scope: 'mail'
  /** Of the client: for the journal. */
  ip: string
  note: Note
  protocol: CountKind<'signInFailures'>
}

/** @throws Refusal as signInClient, 'forbidden' for acting as somebody else; SaslFault */
type Mechanism = (by: SignInBy, ask: Ask) => Promise<ClientSignedIn>

/** How one may sign in, as it is announced. SCRAM knows app passwords alone. */
export const MECHANISMS: ReadonlyMap<string, Mechanism> = new Map([
  ['PLAIN', plain],
  ['LOGIN', login],
  ['SCRAM-SHA-256', scram],
  ['OAUTHBEARER', oauthBearer],
  ['XOAUTH2', xoauth2],
])

/** With address and password, as commands of their own bring them (LOGIN, USER and PASS). */
export const signIn = (
  { storage, ip, note, protocol, ...by }: SignInBy,
  address: string,
  password: string,
): Promise<ClientSignedIn> =>
  noted(note, { ip, sender: address }, signInClient(storage, { ...by, address, password }), protocol)

/** RFC 4616. */
async function plain(by: SignInBy, ask: Ask): Promise<ClientSignedIn> {
  const [authzid, address, password, ...rest] = (await ask('')).toString().split('\0')
  if (address === undefined || password === undefined || rest.length > 0)
    throw new SaslFault('That is not a PLAIN response')
  // Nobody acts for another.
  if (authzid !== '' && authzid !== address) throw new Refusal('forbidden')
  return signIn(by, address, password)
}

/** Written down nowhere; two questions. */
async function login(by: SignInBy, ask: Ask): Promise<ClientSignedIn> {
  const address = (await ask('Username:')).toString()
  return signIn(by, address, (await ask('Password:')).toString())
}

// RFC 5802 §7. Names are escaped: "=2C" for a comma, "=3D" for "=".
const CLIENT_FIRST = /^([ny],(?:a=([^,]*))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]{1,200}))$/
const CLIENT_FINAL = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)),p=([A-Za-z0-9+/=]+)$/

/** SCRAM-SHA-256 without channel binding: RFC 5802, RFC 7677. */
async function scram({ storage, ip, note, protocol, ...by }: SignInBy, ask: Ask): Promise<ClientSignedIn> {
  const [, gs2 = '', authzid, clientBare = '', name = '', clientNonce = ''] =
    CLIENT_FIRST.exec((await ask('')).toString()) ?? []
  if (clientBare === '') throw new SaslFault('That is not a first message of SCRAM')
  const address = unescaped(name)
  if (authzid !== undefined && unescaped(authzid) !== address) throw new Refusal('forbidden')
  const { salt, iterations, finish } = await scramSignIn(storage, { ...by, address })
  const nonce = clientNonce + randomBytes(18).toString('base64')
  const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`
  const [, withoutProof = '', binding, repeated, proof = ''] =
    CLIENT_FINAL.exec((await ask(serverFirst)).toString()) ?? []
  if (repeated !== nonce || binding !== Buffer.from(gs2).toString('base64'))
    throw new SaslFault('That is not a final message of SCRAM')
  const last = {
    proof: Buffer.from(proof, 'base64'),
    authMessage: `${clientBare},${serverFirst},${withoutProof}`,
  }
  const { serverSignature, ...signedIn } = await noted(note, { ip, sender: address }, finish(last), protocol)
  // The client has to see that we know the password too, before it hears that it is in.
  await ask(`v=${serverSignature.toString('base64')}`, true)
  return signedIn
}

function unescaped(name: string): string {
  if (/=(?!2C|3D)/.test(name)) throw new SaslFault('The name is not escaped')
  return name.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

/** RFC 7628 §3.1. */
async function oauthBearer(by: SignInBy, ask: Ask): Promise<ClientSignedIn> {
  const [, name, pairs] = /^[ny],(?:a=([^,\x01]*))?,\x01(.*)\x01\x01$/s.exec((await ask('')).toString()) ?? []
  const token = /(?:^|\x01)auth=Bearer ([A-Za-z0-9._~+/-]+=*)(?:$|\x01)/i.exec(pairs ?? '')?.[1]
  return byToken(by, ask, name === undefined ? undefined : unescaped(name), token)
}

/** As Google wrote it down, and others took it over. */
async function xoauth2(by: SignInBy, ask: Ask): Promise<ClientSignedIn> {
  const [, name, token] =
    /^user=([^\x01]*)\x01auth=Bearer ([A-Za-z0-9._~+/-]+=*)\x01\x01$/i.exec((await ask('')).toString()) ?? []
  return byToken(by, ask, name, token)
}

async function byToken(
  { storage, scope, ip, note, protocol }: SignInBy,
  ask: Ask,
  name: string | undefined,
  token: string | undefined,
): Promise<ClientSignedIn> {
  if (token === undefined) throw new SaslFault('That has no bearer token')
  try {
    const signedIn = await signInToken(storage, token, scope)
    // Whoever says a name means the account that the token is for.
    if (name !== undefined && name !== '') {
      const named = await findRecipient(storage, name)
      if (named?.accountId !== signedIn.accountId || named.masked !== undefined) throw new Refusal('badCredentials')
    }
    const [address] = await addressesOf(storage, signedIn.accountId)
    note({ ip, sender: address })
    return signedIn
  } catch (error) {
    if (error instanceof Refusal) note({ ip, sender: name })
    countFailure(protocol, error)
    // RFC 7628 §3.2.3: the reason comes as a challenge, which the client answers before it hears that it is not in.
    if (error instanceof Refusal) await ask(JSON.stringify({ status: 'invalid_token', scope }))
    throw error
  }
}
