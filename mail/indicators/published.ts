/** Where a domain says that the certificate of its mark is. draft-brand-indicators-for-message-identification §4. */
export interface Published {
  domain: string
  selector: string
  /** https. */
  authority: string
}

/** A record of BIMI as mailauth reads it, for a letter that passes DMARC under a policy that is enforced (§7.1). */
interface Found {
  status: { result?: string | undefined; header?: { selector?: string; d?: string } }
  authority?: string | undefined
}

const LONGEST_URL = 300

/** A mark without a certificate counts for nothing: anybody can publish any picture. */
export function publishedIndicator(found: Found | false | undefined): Published | undefined {
  if (!found || found.status.result !== 'pass') return undefined
  const { authority } = found
  const { selector, d: domain } = found.status.header ?? {}
  if (authority === undefined || selector === undefined || domain === undefined) return undefined
  return authority.length <= LONGEST_URL && authority.startsWith('https://')
    ? { domain, selector, authority }
    : undefined
}
