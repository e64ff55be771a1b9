import type { Proposing } from './ours.ts'
import type { DnsRecord } from './record.ts'

/** Who may issue certificates for names of the domain: RFC 8659; for which of their accounts: RFC 8657. */
export function caaRecords({ config: { tls } }: Proposing, domain: string): DnsRecord[] {
  const { issuer, issuerAccount } = tls
  if (issuer === undefined) return []
  return [
    {
      kind: 'caa',
      name: domain,
      type: 'CAA',
      value: `0 issue "${issuer}${issuerAccount === undefined ? '' : `; accounturi=${issuerAccount}`}"`,
      need: 'useful',
      whose: 'domain',
      compare(found) {
        const issuers = found.map(issuerOf).filter((one) => one !== undefined)
        // Without a word of who may, anybody may: certificates come all the same.
        if (issuers.length === 0) return 'missing'
        const isOurs = ({ name, account }: Issuer): boolean =>
          name === issuer && (account === undefined || issuerAccount === undefined || account === issuerAccount)
        return issuers.some(isOurs) ? 'right' : 'wrong'
      },
    },
  ]
}

interface Issuer {
  name: string
  account: string | undefined
}

/** @returns undefined for what is not of the property "issue" (RFC 8659 §4.2) */
function issuerOf(text: string): Issuer | undefined {
  const [, value] = /^\d+ issue "([^]*)"$/i.exec(text) ?? []
  if (value === undefined) return undefined
  const [name = '', ...parameters] = value.split(';').map((part) => part.trim())
  const account = parameters.find((one) => one.startsWith('accounturi='))?.slice('accounturi='.length)
  return { name: name.toLowerCase(), account }
}
