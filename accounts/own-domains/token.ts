import { randomBytes } from 'node:crypto'
import type { Dns } from '#system'
import type { ServiceKey } from '#storage'

/** 160 bits: nobody guesses it, and whoever reads it in the DNS gains nothing by it. */
const TOKEN_BYTES = 20

export const newToken = (): string => randomBytes(TOKEN_BYTES).toString('hex')

/** The record by which a domain is proven. */
export const proofRecord = (domain: string, token: string): { name: string; type: 'TXT'; value: string } => ({
  name: `_zegel-challenge.${domain}`,
  type: 'TXT',
  value: `zegel-domain=${token}`,
})

/** Whether the record is there. @throws DnsError 'silent' */
export async function isProven(dns: Dns, domain: string, token: string): Promise<boolean> {
  const { name, value } = proofRecord(domain, token)
  return (await dns.texts(name)).some((text) => text.trim() === value)
}

/** By which a claim is found. */
export const claimKey = (directory: ServiceKey, domain: string): Buffer => directory.hash(`claim\0${domain}`)

const placeOf = (accountId: number, key: Buffer): string => `domain claim/${accountId}/${key.toString('base64url')}`

export interface Claimed {
  domain: string
  token: string
}

export const sealClaim = (directory: ServiceKey, accountId: number, claimed: Claimed): Buffer =>
  directory.seal(placeOf(accountId, claimKey(directory, claimed.domain)), JSON.stringify(claimed))

export const openClaim = (directory: ServiceKey, accountId: number, key: Buffer, sealed: Buffer): Claimed =>
  JSON.parse(directory.open(placeOf(accountId, key), sealed).toString()) as Claimed

export const sealProof = (directory: ServiceKey, { domain, token }: Claimed): Buffer =>
  directory.seal(`domain proof/${domain}`, token)

export const openProof = (directory: ServiceKey, domain: string, sealed: Buffer): string =>
  directory.open(`domain proof/${domain}`, sealed).toString()
